// The states in two dimensions, on a canvas of our own: thousands of points that travel from step to step.
import { element, nearest } from "../data/decode.js";
import { choose, state } from "../state/state.js";
import { answerOf, clusterOf, colorOfLabel, factsOf, indexIn, labeling, placeNow, pointsNow, shapeOfLabel, besideOf, textOf, titleOf } from "./labels.js";
import { SvgPath, css, narrow, still, trace } from "../charts/colors.js";
import { figures } from "../charts/save.js";
import { hideTip, showTip, speak } from "../charts/tip.js";
import { clear, isLit, select } from "./selection.js";
import { MANY, MOST_MOVING, cloud } from "./cloud.js";

export const canvas = element("points");
const TRAVEL_MS = 320, FEW = 1500;
/**
 * A map of points: coordinates on the screen from 0 to 1 in `now`, all x, then all y.
 * @typedef {{canvas: any, place: () => any, step: () => number, now: Float32Array|null, request: number, shape: number[][]|null, key: string}} Pane
 */
const paneOf = (host, place, step) => /** @type {Pane} */ ({ canvas: host, place, step, now: null, request: 0, shape: null, key: "" });
export const view = paneOf(canvas, placeNow, () => state.step);
/** The map beside it: another layer or step of the same points. */
export const beside = paneOf(element("points-beside"), () => pointsNow()?.place(`${state.embedding}/${state.position}/${state.besideSite}`), () => state.besideStep);
const panes = () => (state.two ? [view, beside] : [view]);
let hovered = -1;

/** A step's points, from 0 to 1 on both axes with one scale: the place's own box, or the step's. */
export function coordinatesOf(place, step, fits = true) {
  const { n } = place, begin = indexOf(place, step) * 2 * n, x = place.xy.subarray(begin, begin + n), y = place.xy.subarray(begin + n, begin + 2 * n);
  const box = fits ? boxOf([x, y]) : boxOf(place.steps.flatMap((_, i) => [place.xy.subarray(i * 2 * n, i * 2 * n + n), place.xy.subarray(i * 2 * n + n, i * 2 * n + 2 * n)]));
  const found = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    found[i] = (x[i] - box.x) / box.size + 0.5;
    found[n + i] = 0.5 - (y[i] - box.y) / box.size;
  }
  return found;
}
const indexOf = (place, step) => place.steps.reduce((best, one, i) => (Math.abs(one - step) < Math.abs(place.steps[best] - step) ? i : best), 0);

function boxOf(pairs) {
  const range = [[Infinity, -Infinity], [Infinity, -Infinity]];
  pairs.forEach((values, index) => {
    const one = range[index % 2];
    for (const value of values) { if (value < one[0]) one[0] = value; if (value > one[1]) one[1] = value; }
  });
  const [[x0, x1], [y0, y1]] = range;
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, size: Math.max(x1 - x0, y1 - y0, 1) * 1.08 };
}

/** Move to the chosen step: at once, or in a few frames where the map stays the same. */
export function travel(/** @type {Pane} */ pane = view) {
  const place = pane.place();
  if (!place) { pane.now = null; paintPane(pane); return; }
  const target = coordinatesOf(place, pane.step(), state.zoom), key = `${state.run}/${state.embedding}/${state.position}`;
  cancelAnimationFrame(pane.request);
  if (still.matches || pane.key !== key || pane.now?.length !== target.length) {
    Object.assign(pane, { now: target, key });
    paintPane(pane);
    return;
  }
  const from = pane.now.slice(), began = performance.now();
  const frame = (time) => {
    const t = Math.min(1, Math.max(0, time - began) / TRAVEL_MS), eased = t * t * (3 - 2 * t);
    if (pane.now === target || pane.now.length !== target.length) pane.now = new Float32Array(target.length);
    for (let i = 0; i < target.length; i++) pane.now[i] = from[i] + (target[i] - from[i]) * eased;
    paintPane(pane, t < 1 ? Math.min(1, MOST_MOVING / (target.length / 2)) : 1);
    if (t < 1) pane.request = requestAnimationFrame(frame);
  };
  frame(began);
}

const radius = (pane) => Math.max(pane.now.length > 2 * MANY ? 1.4 : 2.2, Math.min(4.6, 90 / Math.sqrt(pane.now.length / 2) + 1.2)) * (narrow.matches ? 0.85 : 1);

/** Points in groups of one path each: those in the shade under -1. */
export function groups(n) {
  const { code } = labeling(), found = new Map();
  for (let i = 0; i < n; i++) {
    const at = isLit(i) ? code[i] : -1;
    if (found.has(at)) found.get(at).push(i); else found.set(at, [i]);
  }
  return [...found].sort((a, b) => a[0] - b[0]);
}

/** Draw points on any canvas, so that the small pictures show what the large one shows; of very many they show the first. */
export function paintPoints(picture, all, size, r, share = 1) {
  const ratio = devicePixelRatio || 1, context = picture.getContext("2d"), whole = all.length / 2, isSmall = picture !== view.canvas && picture !== beside.canvas;
  const at = isSmall && whole > MANY ? Float32Array.from({ length: 2 * FEW }, (_, i) => all[i < FEW ? i : whole + i - FEW]) : all, n = at.length / 2;
  if (picture.width !== Math.round(size * ratio)) picture.width = picture.height = Math.round(size * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  if (n > MANY) { context.drawImage(cloud(at, picture.width, r * ratio, share), 0, 0, size, size); return context; }
  for (const [label, members] of groups(n)) {
    context.globalAlpha = label < 0 ? 0.3 : 0.85;
    context.fillStyle = label < 0 ? css("--control") : colorOfLabel(label);
    context.beginPath();
    for (const i of members) trace(context, label < 0 ? "circle" : shapeOfLabel(label), at[i] * size, at[n + i] * size, r * (label < 0 ? 0.6 : 1));
    context.fill();
  }
  context.globalAlpha = 1;
  return context;
}

export function paint() { for (const pane of panes()) paintPane(pane); }
function paintPane(/** @type {Pane} */ pane, share = 1) {
  const size = pane.canvas.clientWidth;
  if (!pane.now || !size) { pane.canvas.getContext("2d").clearRect(0, 0, pane.canvas.width, pane.canvas.height); return; }
  const n = pane.now.length / 2, context = paintPoints(pane.canvas, pane.now, size, radius(pane), share);
  const at = (i) => [pane.now[i] * size, pane.now[n + i] * size];
  const ring = (i, r, color) => { context.beginPath(); context.arc(...at(i), r, 0, 7); Object.assign(context, { strokeStyle: color, lineWidth: 2 }); context.stroke(); };
  if (state.pinned >= 0 && state.pinned < n) {
    context.lineWidth = 1;
    for (const other of besideOf(state.pinned)?.nearest ?? []) {
      if (other >= n) continue;
      context.strokeStyle = css("--ink");
      context.beginPath();
      context.moveTo(...at(state.pinned));
      context.lineTo(...at(other));
      context.stroke();
      ring(other, radius(pane) + 2.5, css("--ink"));
    }
    ring(state.pinned, radius(pane) + 5, css("--fails"));
  }
  if (hovered >= 0 && hovered < n) ring(hovered, radius(pane) + 4, css("--ink"));
  if (pane.shape?.length > 1) {
    Object.assign(context, { strokeStyle: css("--accent"), fillStyle: css("--accent"), lineWidth: 1.5 });
    context.beginPath();
    pane.shape.forEach(([x, y], i) => (i ? context.lineTo(x * size, y * size) : context.moveTo(x * size, y * size)));
    context.closePath();
    context.stroke();
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
  }
}

const placeOf = (pane, event) => { const box = pane.canvas.getBoundingClientRect(); return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]; };
function pointAt(pane, event) {
  const n = pane.now.length / 2, [px, py] = placeOf(pane, event);
  let best = -1, least = (14 / pane.canvas.clientWidth) ** 2;
  for (let i = 0; i < n; i++) {
    const d = (pane.now[i] - px) ** 2 + (pane.now[n + i] - py) ** 2;
    if (d < least && isLit(i)) { least = d; best = i; }
  }
  return best;
}

export function hover(i, x, y) {
  if (i !== hovered) { hovered = i; paint(); }
  if (i < 0) { hideTip(); return; }
  showTip(x, y, titleOf(i), factsOf(i));
}

function walk(pane, event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!pane.now) return;
  if (event.key === "Enter" && hovered >= 0) { choose({ pinned: hovered }); return; }
  if (!by) return;
  event.preventDefault();
  const n = pane.now.length / 2, lit = Array.from({ length: n }, (_, i) => i).filter(isLit), at = lit.indexOf(hovered);
  if (!lit.length) return;
  const i = lit[(at + by + lit.length) % lit.length], box = pane.canvas.getBoundingClientRect();
  hover(i, box.left + pane.now[i] * box.width, box.top + pane.now[n + i] * box.height);
  speak(factsOf(i).map(([name, value]) => `${name}: ${value}`).join(", "));
}

const tool = () => /** @type {any} */ (document.querySelector("[name=tool]:checked"))?.value ?? "look";
let began = /** @type {number[]|null} */ (null);

function dragFrom(pane, event) {
  if (!pane.now || tool() === "look" || event.button) return;
  began = placeOf(pane, event);
  pane.shape = [began];
  pane.canvas.setPointerCapture(event.pointerId);
}
function drag(pane, event) {
  if (!pane.now) return;
  if (!began) { hover(pointAt(pane, event), event.clientX, event.clientY); return; }
  const [x, y] = placeOf(pane, event);
  pane.shape = tool() === "box" ? [began, [x, began[1]], [x, y], [began[0], y]] : [...pane.shape, [x, y]];
  paintPane(pane);
}
function drop(pane, event) {
  const shape = pane.shape, moved = began && Math.hypot(...placeOf(pane, event).map((value, i) => value - began[i])) * pane.canvas.clientWidth > 5;
  began = null;
  pane.shape = null;
  if (!pane.now) return;
  if (!moved || shape.length < 3) { const i = pointAt(pane, event); choose({ pinned: i === state.pinned ? -1 : i }); paint(); return; }
  const n = pane.now.length / 2, inside = Array.from({ length: n }, (_, i) => i).filter((i) => isInside(pane.now[i], pane.now[n + i], shape));
  if (inside.length) select(inside, `by ${tool()}`); else clear();
  paint();
}
/** Whether a point lies within a polygon: a ray from it crosses the edges an odd number of times. */
function isInside(x, y, shape) {
  let odd = false;
  for (let i = 0, j = shape.length - 1; i < shape.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [shape[i], shape[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

export function bindMap() {
  for (const pane of [view, beside]) {
    for (const [name, act] of Object.entries({ pointerdown: dragFrom, pointermove: drag, pointerup: drop, keydown: walk })) pane.canvas.addEventListener(name, (event) => act(pane, event));
    pane.canvas.addEventListener("pointerleave", () => { if (!began) hover(-1, 0, 0); });
    pane.canvas.addEventListener("pointercancel", () => { began = null; pane.shape = null; paintPane(pane); });
    pane.canvas.addEventListener("blur", () => hover(-1, 0, 0));
  }
}

/** The points as vectors: one path per label. */
function asSvg() {
  const size = 800, n = view.now.length / 2, parts = [];
  for (const [label, members] of groups(n)) {
    const path = new SvgPath();
    for (const i of members) trace(path, label < 0 ? "circle" : shapeOfLabel(label), view.now[i] * size, view.now[n + i] * size, 4);
    parts.push(`<path fill="${label < 0 ? css("--control") : colorOfLabel(label)}" fill-opacity="${label < 0 ? 0.3 : 0.85}" d="${path.text}"/>`);
  }
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}"><rect width="${size}" height="${size}" fill="${css("--raised")}"/>${parts.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

figures.clusters = {
  table: () => {
    const place = placeNow(), { n } = place, names = Object.keys(pointsNow().columns), step = nearest(place.steps, state.step), begin = indexIn(place.steps) * 2 * n;
    const real = (raw) => place.low + (raw / 65535) * (place.high - place.low);
    return [["step", "site", "x", "y", "cluster", "predicted", ...names], ...Array.from({ length: n }, (_, i) => [
      step, state.site, real(place.xy[begin + i]), real(place.xy[begin + n + i]), clusterOf(i, step), answerOf(i, step), ...names.map((name) => textOf(name, i)),
    ])];
  },
  svg: async () => asSvg(),
  png: async () => canvas.toDataURL("image/png"),
};
