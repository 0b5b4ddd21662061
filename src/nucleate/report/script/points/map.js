// The states in two dimensions, on a canvas of our own: thousands of points that travel from step to step.
import { element } from "../data/decode.js";
import { choose, state } from "../state/state.js";
import { colorOfLabel, factsOf, indexIn, labeling, placeNow, pointsNow, shapeOfLabel, besideOf, textOf, titleOf } from "./labels.js";
import { SvgPath, css, narrow, still, trace } from "../charts/colors.js";
import { figures } from "../charts/save.js";
import { hideTip, showTip, speak } from "../charts/tip.js";
import { clear, isLit, select } from "./selection.js";

export const canvas = element("points");
const TRAVEL_MS = 320;
/** Coordinates on the screen from 0 to 1: all x, then all y. */
export const view = { now: /** @type {Float32Array|null} */ (null), request: 0, hovered: -1, shape: /** @type {number[][]|null} */ (null), key: "" };

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
export function travel() {
  const place = placeNow(), target = coordinatesOf(place, state.step, state.zoom), key = `${state.run}/${state.embedding}/${state.position}`;
  cancelAnimationFrame(view.request);
  if (still.matches || view.key !== key || view.now?.length !== target.length) {
    Object.assign(view, { now: target, key });
    paint();
    return;
  }
  const from = view.now.slice(), began = performance.now();
  const frame = (time) => {
    const t = Math.min(1, Math.max(0, time - began) / TRAVEL_MS), eased = t * t * (3 - 2 * t);
    view.now = target.map((value, i) => from[i] + (value - from[i]) * eased);
    paint();
    if (t < 1) view.request = requestAnimationFrame(frame);
  };
  frame(began);
}

const radius = () => Math.max(2.2, Math.min(4.6, 90 / Math.sqrt(view.now.length / 2) + 1.2)) * (narrow.matches ? 0.85 : 1);

/** Points in groups of one path each: those in the shade under -1. */
export function groups(n) {
  const { code } = labeling(), found = new Map();
  for (let i = 0; i < n; i++) {
    const at = isLit(i) ? code[i] : -1;
    if (found.has(at)) found.get(at).push(i); else found.set(at, [i]);
  }
  return [...found].sort((a, b) => a[0] - b[0]);
}

/** Draw points on any canvas, so that the small pictures show what the large one shows. */
export function paintPoints(picture, at, size, r) {
  const ratio = devicePixelRatio || 1, context = picture.getContext("2d"), n = at.length / 2;
  if (picture.width !== Math.round(size * ratio)) picture.width = picture.height = Math.round(size * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
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

export function paint() {
  const size = canvas.clientWidth;
  if (!view.now || !size) { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); return; }
  const n = view.now.length / 2, context = paintPoints(canvas, view.now, size, radius());
  const at = (i) => [view.now[i] * size, view.now[n + i] * size];
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
      ring(other, radius() + 2.5, css("--ink"));
    }
    ring(state.pinned, radius() + 5, css("--fails"));
  }
  if (view.hovered >= 0 && view.hovered < n) ring(view.hovered, radius() + 4, css("--ink"));
  if (view.shape?.length > 1) {
    Object.assign(context, { strokeStyle: css("--accent"), fillStyle: css("--accent"), lineWidth: 1.5 });
    context.beginPath();
    view.shape.forEach(([x, y], i) => (i ? context.lineTo(x * size, y * size) : context.moveTo(x * size, y * size)));
    context.closePath();
    context.stroke();
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
  }
}

const placeOf = (event) => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]; };
function pointAt(event) {
  const n = view.now.length / 2, [px, py] = placeOf(event);
  let best = -1, least = (14 / canvas.clientWidth) ** 2;
  for (let i = 0; i < n; i++) {
    const d = (view.now[i] - px) ** 2 + (view.now[n + i] - py) ** 2;
    if (isLit(i) && d < least) { least = d; best = i; }
  }
  return best;
}

export function hover(i, x, y) {
  if (i !== view.hovered) { view.hovered = i; paint(); }
  if (i < 0) { hideTip(); return; }
  showTip(x, y, titleOf(i), factsOf(i));
}

function walk(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!view.now) return;
  if (event.key === "Enter" && view.hovered >= 0) { choose({ pinned: view.hovered }); return; }
  if (!by) return;
  event.preventDefault();
  const n = view.now.length / 2, lit = Array.from({ length: n }, (_, i) => i).filter(isLit), at = lit.indexOf(view.hovered);
  if (!lit.length) return;
  const i = lit[(at + by + lit.length) % lit.length], box = canvas.getBoundingClientRect();
  hover(i, box.left + view.now[i] * box.width, box.top + view.now[n + i] * box.height);
  speak(factsOf(i).map(([name, value]) => `${name}: ${value}`).join(", "));
}

const tool = () => /** @type {any} */ (document.querySelector("[name=tool]:checked"))?.value ?? "look";
let began = /** @type {number[]|null} */ (null);

function dragFrom(event) {
  if (!view.now || tool() === "look" || event.button) return;
  began = placeOf(event);
  view.shape = [began];
  canvas.setPointerCapture(event.pointerId);
}
function drag(event) {
  if (!view.now) return;
  if (!began) { hover(pointAt(event), event.clientX, event.clientY); return; }
  const [x, y] = placeOf(event);
  view.shape = tool() === "box" ? [began, [x, began[1]], [x, y], [began[0], y]] : [...view.shape, [x, y]];
  paint();
}
function drop(event) {
  const shape = view.shape, moved = began && Math.hypot(...placeOf(event).map((value, i) => value - began[i])) * canvas.clientWidth > 5;
  began = null;
  view.shape = null;
  if (!view.now) return;
  if (!moved || shape.length < 3) { const i = pointAt(event); choose({ pinned: i === state.pinned ? -1 : i }); paint(); return; }
  const n = view.now.length / 2, inside = Array.from({ length: n }, (_, i) => i).filter((i) => isInside(view.now[i], view.now[n + i], shape));
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
  canvas.addEventListener("pointerdown", dragFrom);
  canvas.addEventListener("pointermove", drag);
  canvas.addEventListener("pointerup", drop);
  canvas.addEventListener("pointerleave", () => { if (!began) hover(-1, 0, 0); });
  canvas.addEventListener("pointercancel", () => { began = null; view.shape = null; paint(); });
  canvas.addEventListener("blur", () => hover(-1, 0, 0));
  canvas.addEventListener("keydown", walk);
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
    const place = placeNow(), { n } = place, names = Object.keys(pointsNow().columns), begin = indexIn(place.steps) * 2 * n;
    const real = (raw) => place.low + (raw / 65535) * (place.high - place.low);
    return [["step", "site", "x", "y", "cluster", "predicted", ...names], ...Array.from({ length: n }, (_, i) => {
      const facts = new Map(factsOf(i));
      return [state.step, state.site, real(place.xy[begin + i]), real(place.xy[begin + n + i]), Number(facts.get("cluster")), facts.get("predicted"), ...names.map((name) => textOf(name, i))];
    })];
  },
  svg: async () => asSvg(),
  png: async () => canvas.toDataURL("image/png"),
};
