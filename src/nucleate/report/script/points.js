// The states in two dimensions, on a canvas of our own: thousands of points that travel from step to step.
const canvas = element("points");
const TRAVEL_MS = 320;
const view = { now: null, from: null, began: 0, request: 0, hovered: -1, drawn: 0 };

const pointsNow = () => runPoints[state.run];
const placeNow = () => pointsNow()?.place(`${state.embedding}/${state.position}/${state.site}`);
const indexIn = (steps) => steps.indexOf(nearest(steps, state.step));
/** Which of the place's pictures is shown; t-SNE may have been made at fewer steps than there are answers for. */
const frameIndex = () => indexIn(placeNow().steps);

/** A step's points, from 0 to 1 on both axes with one scale: the place's own box, or the step's. */
function coordinates() {
  const place = placeNow(), n = pointsNow()?.n_points;
  if (!place) return null;
  const begin = frameIndex() * 2 * n, x = place.xy.subarray(begin, begin + n), y = place.xy.subarray(begin + n, begin + 2 * n);
  const box = state.zoom ? boxOf([x, y]) : boxOf(place.steps.flatMap((_, i) => [place.xy.subarray(i * 2 * n, i * 2 * n + n), place.xy.subarray(i * 2 * n + n, i * 2 * n + 2 * n)]));
  const found = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    found[i] = (x[i] - box.x) / box.size + 0.5;
    found[n + i] = 0.5 - (y[i] - box.y) / box.size;
  }
  return found;
}

function boxOf(pairs) {
  const range = [[Infinity, -Infinity], [Infinity, -Infinity]];
  pairs.forEach((values, index) => {
    const one = range[index % 2];
    for (const value of values) { if (value < one[0]) one[0] = value; if (value > one[1]) one[1] = value; }
  });
  const [[x0, x1], [y0, y1]] = range;
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, size: Math.max(x1 - x0, y1 - y0, 1) * 1.08 };
}

const CLUSTERS = "assigned cluster", RIGHT = "right or wrong answer", MOST_NAMED = 120;
/** A label that sorts the points: the one they are coloured by, the one that scores are about, or one of few kinds. */
function labelName() {
  const { columns } = pointsNow(), few = Object.keys(columns).filter((name) => name !== "split" && columns[name].texts.length <= MOST_NAMED);
  return [state.colour, state.factor, "task", ...few, ...Object.keys(columns)].find((name) => columns[name]);
}

/** The label of every point in the chosen colouring: {texts, code}. */
function labelling() {
  const points = pointsNow(), n = points.n_points;
  if (state.colour === CLUSTERS) {
    const cluster = placeNow().cluster.subarray(frameIndex() * n, frameIndex() * n + n);
    return { texts: Array.from({ length: Math.max(...cluster) + 1 }, (_, i) => `cluster ${i}`), code: cluster };
  }
  if (state.colour === RIGHT) {
    const code = Uint8Array.from({ length: n }, (_, i) => Number(isRight(i)));
    return { texts: ["answered wrong", "answered right"], code };
  }
  return points.columns[state.colour];
}
const textOf = (name, i) => { const column = pointsNow().columns[name]; return column ? column.texts[column.code[i]] : "–"; };
/** Whether an answer is the true output; of one in several tokens, whether the token predicted begins it. */
function isRight(i) {
  const answer = answerOf(i), output = textOf("output", i).trim(), begins = /^\s/.test(answer) && answer.trim() !== "";
  return answer.trim() === output || (begins && output.startsWith(answer.trim()));
}
const has = (name) => Boolean(pointsNow().columns[name]);
const answerOf = (i) => { const { predicted, n_points, steps } = pointsNow(); return predicted.texts[predicted.code[indexIn(steps) * n_points + i]]; };

/** Which points the search and the chosen label leave in the light. */
function inLight() {
  const n = pointsNow().n_points, { code } = labelling(), words = state.search.trim().toLowerCase();
  const columns = Object.values(pointsNow().columns);
  const hits = columns.map(({ texts }) => texts.map((text) => words !== "" && matchesSearch(text.toLowerCase(), words)));
  return Uint8Array.from({ length: n }, (_, i) => {
    const found = words === "" || columns.some((column, c) => hits[c][column.code[i]]);
    return Number(found && (state.isolated < 0 || code[i] === state.isolated));
  });
}
/** "task 1" finds task 1 and not task 12: a match ends where a word ends. */
const matchesSearch = (text, words) => (` ${text} `).includes(/\d$/.test(words) ? `${words} ` : words);

function travel() {
  const target = coordinates();
  cancelAnimationFrame(view.request);
  if (!target || still.matches || !view.now || view.now.length !== target.length) {
    view.now = target;
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
  view.target = target;
  frame(began);
}

const radius = () => Math.max(2.2, Math.min(4.6, 90 / Math.sqrt(pointsNow().n_points) + 1.2)) * (narrow.matches ? 0.8 : 1);

function paint() {
  const context = canvas.getContext("2d"), size = canvas.clientWidth, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  if (!view.now) return;
  const began = performance.now(), n = pointsNow().n_points, light = inLight(), { code } = labelling();
  const every = groupBy(n, (i) => (light[i] ? code[i] : -1));
  for (const [label, members] of [...every].sort((a, b) => a[0] - b[0])) {
    context.globalAlpha = label < 0 ? 0.28 : 0.82;
    context.fillStyle = label < 0 ? css("--control") : hueOf(label);
    context.beginPath();
    for (const i of members) trace(context, label < 0 ? "circle" : shapeOf(label), view.now[i] * size, view.now[n + i] * size, radius() * (label < 0 ? 0.6 : 1));
    context.fill();
  }
  ring(context, size, n);
  view.drawn = performance.now() - began;
}

function ring(context, size, n) {
  if (view.hovered < 0) return;
  context.globalAlpha = 1;
  context.strokeStyle = css("--ink");
  context.lineWidth = 2;
  context.beginPath();
  context.arc(view.now[view.hovered] * size, view.now[n + view.hovered] * size, radius() + 4, 0, 7);
  context.stroke();
}

function groupBy(n, key) {
  const groups = new Map();
  for (let i = 0; i < n; i++) { const at = key(i); if (groups.has(at)) groups.get(at).push(i); else groups.set(at, [i]); }
  return groups;
}

function trace(path, shape, x, y, r) {
  if (shape === "circle") { path.moveTo(x + r, y); path.arc(x, y, r, 0, 6.2832); return; }
  CORNERS[shape].forEach(([dx, dy], i) => (i ? path.lineTo(x + dx * r, y + dy * r) : path.moveTo(x + dx * r, y + dy * r)));
  path.closePath();
}

function pointAt(event) {
  const box = canvas.getBoundingClientRect(), n = pointsNow().n_points, light = inLight();
  const px = (event.clientX - box.left) / box.width, py = (event.clientY - box.top) / box.height;
  let best = -1, least = (14 / box.width) ** 2;
  for (let i = 0; i < n; i++) {
    const d = (view.now[i] - px) ** 2 + (view.now[n + i] - py) ** 2;
    if (light[i] && d < least) { least = d; best = i; }
  }
  return best;
}

/** What there is to say about a point, as rows of name and value. */
function factsOf(i) {
  const cluster = placeNow().cluster[frameIndex() * pointsNow().n_points + i];
  const first = ["prompt", "instruction", "input", "output"], others = Object.keys(pointsNow().columns).filter((name) => ![...first, "split"].includes(name));
  return [...first.filter(has).map((name) => [name === "output" ? "true output" : name, textOf(name, i)]), ["predicted", answerOf(i)],
    ["cluster", String(cluster)], ...others.map((name) => [plain(name), textOf(name, i)]), ["split", plain(textOf("split", i))]];
}

function hover(i, x, y) {
  if (i !== view.hovered) { view.hovered = i; paint(); }
  if (i < 0) { hideTip(); return; }
  showTip(x, y, `${has("input") ? `${textOf("input", i)} → ` : ""}${answerOf(i)}${has("output") ? (isRight(i) ? " ✓" : " ✗") : ""}`, factsOf(i));
}

function walk(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by || !view.now) return;
  event.preventDefault();
  const light = inLight(), lit = [...light.keys()].filter((i) => light[i]), at = lit.indexOf(view.hovered);
  if (!lit.length) return;
  const i = lit[(at + by + lit.length) % lit.length], box = canvas.getBoundingClientRect(), n = pointsNow().n_points;
  hover(i, box.left + view.now[i] * box.width, box.top + view.now[n + i] * box.height);
  element("spoken").textContent = factsOf(i).map(([name, value]) => `${name}: ${value}`).join(", ");
}

/** The points as vectors: one path per label. */
function pointsSvg() {
  const size = 800, n = pointsNow().n_points, light = inLight(), { code } = labelling(), parts = [];
  for (const [label, members] of groupBy(n, (i) => (light[i] ? code[i] : -1))) {
    const path = new SvgPath();
    for (const i of members) trace(path, label < 0 ? "circle" : shapeOf(label), view.now[i] * size, view.now[n + i] * size, 4);
    parts.push(`<path fill="${label < 0 ? css("--control") : hueOf(label)}" fill-opacity="${label < 0 ? 0.3 : 0.85}" d="${path.text}"/>`);
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}"><rect width="${size}" height="${size}" fill="${css("--raised")}"/>${parts.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** As much of a canvas path as `trace` asks for, written down. */
class SvgPath {
  text = "";
  moveTo(x, y) { this.text += `M${x.toFixed(1)} ${y.toFixed(1)}`; }
  lineTo(x, y) { this.text += `L${x.toFixed(1)} ${y.toFixed(1)}`; }
  closePath() { this.text += "Z"; }
  arc(x, y, r) { this.text += `a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`; }
}
