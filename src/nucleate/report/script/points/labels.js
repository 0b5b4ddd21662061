// What is known of every point at the chosen step: its label, its cluster, its answer, what lies near it.
import { distinct, nearest } from "../data/decode.js";
import { factorWords, number, plain } from "../data/words.js";
import { runPoints } from "../data/points.js";
import { state } from "../state/state.js";
import { css, hueOf, shapeOf } from "../charts/colors.js";

export const CLUSTERS = "assigned cluster", RIGHT = "right or wrong answer", MOST_NAMED = 120;
export const pointsNow = () => runPoints[state.run];
export const placeNow = () => pointsNow()?.place(`${state.embedding}/${state.position}/${state.site}`);
export const indexIn = (steps, step = state.step) => steps.indexOf(nearest(steps, step));
export const textOf = (name, i) => { const column = pointsNow().columns[name]; return column ? column.texts[column.code[i]] : ""; };
export const has = (name) => Boolean(pointsNow().columns[name]);
export const answerOf = (i, step = state.step) => { const { predicted, n_points, steps } = pointsNow(); return predicted.texts[predicted.code[indexIn(steps, step) * n_points + i]]; };
/** Whether an answer is the true output; of one in several tokens, whether the token predicted begins it. */
function answers(/** @type {string} */ answer, /** @type {string} */ output) {
  const said = answer.trim(), wanted = output.trim();
  return said === wanted || (/^\s/.test(answer) && said !== "" && wanted.startsWith(said));
}
const judged = new WeakMap();
/** For each predicted text and each output whether the one answers the other: there are few of both, and very many points. */
function judgments(points) {
  if (!judged.has(points)) judged.set(points, points.predicted.texts.map((answer) => Uint8Array.from(points.columns.output?.texts ?? [], (output) => Number(answers(answer, output)))));
  return judged.get(points);
}
export function isRight(i) {
  const points = pointsNow(), { predicted, n_points, steps, columns } = points;
  return Boolean(columns.output && judgments(points)[predicted.code[indexIn(steps) * n_points + i]][columns.output.code[i]]);
}
export const idOf = (i) => pointsNow().ids?.[i] ?? i;
export const numberOf = (id) => { const ids = pointsNow().ids; return ids ? ids.indexOf(id) : id; };
/** The cluster of every point, at the step chosen. */
export const clustersNow = () => { const place = placeNow(), begin = indexIn(place.clusterSteps) * place.n_cluster; return place.cluster.subarray(begin, begin + place.n_cluster); };
export const clusterOf = (i, step = state.step) => { const place = placeNow(); return place.cluster[indexIn(place.clusterSteps, step) * place.n_cluster + i]; };
/** The step that the clusters shown are of. */
export const stepOfClusters = () => nearest(placeNow().clusterSteps, state.step);

/** Labels to color by: those of the corpus that are few, then what the model made. */
export function colorings() {
  const labels = Object.keys(pointsNow().columns);
  return distinct([...["task", "dialect", "instruction", "input", "output"].filter((name) => labels.includes(name)), ...labels, CLUSTERS, ...(has("output") ? [RIGHT] : [])]);
}
/** The label that clusters are compared with: that of the bar above, or, where points do not carry it, one of few kinds. */
export function labelName() {
  const { columns } = pointsNow(), few = Object.keys(columns).filter((name) => name !== "split" && columns[name].texts.length <= MOST_NAMED);
  return [state.factor, "task", ...few, ...Object.keys(columns)].find((name) => columns[name]);
}

/** The label of every point in the chosen coloring: {texts, code}. */
export function labeling() {
  const points = pointsNow(), n = points.n_points;
  if (state.color === CLUSTERS && placeNow()) return { texts: Array.from({ length: placeNow().n_clusters }, (_, k) => `cluster ${k}`), code: Array.from({ length: n }, (_, i) => clusterOf(i)) };
  if (state.color === RIGHT) return { texts: ["answered wrong", "answered right"], code: Array.from({ length: n }, (_, i) => Number(isRight(i))) };
  return points.columns[state.color] ?? points.columns[labelName()];
}
/** Right and wrong look like holds and fails; everything else has a hue and a shape of its own. */
export const colorOfLabel = (index) => (state.color === RIGHT ? css(index ? "--holds" : "--fails") : hueOf(index));
export const shapeOfLabel = (index) => (state.color === RIGHT ? (index ? "circle" : "cross") : shapeOf(index));

/** The commonest label of every cluster. */
export function majority() {
  const { code, texts } = pointsNow().columns[labelName()], clusters = clustersNow(), n = texts.length, table = new Map();
  for (let i = 0; i < clusters.length; i++) { const cell = clusters[i] * n + code[i]; table.set(cell, (table.get(cell) ?? 0) + 1); }
  const found = new Uint32Array(placeNow().n_clusters), most = new Uint32Array(found.length);
  for (const [cell, size] of [...table].sort((a, b) => a[0] - b[0])) { const k = Math.floor(cell / n); if (size > most[k]) { most[k] = size; found[k] = cell % n; } }
  return found;
}
export function misclustered() {
  const most = majority(), clusters = clustersNow(), { code } = pointsNow().columns[labelName()];
  return [...code.keys()].filter((i) => most[clusters[i]] !== code[i]);
}
export function answeredWrong() {
  const points = pointsNow(), { predicted, n_points, steps, columns: { output } } = points, found = [];
  if (!output) return found;
  const table = judgments(points), begin = indexIn(steps) * n_points, unknown = output.texts.indexOf("–");
  for (let i = 0; i < n_points; i++) if (output.code[i] !== unknown && !table[predicted.code[begin + i]][output.code[i]]) found.push(i);
  return found;
}

/** What lies near a point in the full space, where that was looked for: numbers of points, distances to centroids. */
export function besideOf(i, step = state.step) {
  const beside = pointsNow().beside(`${state.position}/${state.site}`), s = beside?.steps.indexOf(step) ?? -1;
  if (s < 0 || i >= beside.n) return null;
  const begin = (s * beside.n + i) * beside.per_point, distance = (shares) => (shares[s * beside.n + i] / 65535) * beside.furthest;
  return { factor: beside.factor, nearest: [...beside.nearest.subarray(begin, begin + beside.per_point)], own: distance(beside.to_own), other: distance(beside.to_other) };
}

/** What there is to say about a point, as rows of name and value. */
export function factsOf(i) {
  const first = ["prompt", "instruction", "input", "output"], others = Object.keys(pointsNow().columns).filter((name) => ![...first, "split"].includes(name)), beside = besideOf(i);
  return /** @type {[string, string][]} */ ([...first.filter(has).map((name) => [name === "output" ? "true output" : name, textOf(name, i)]), ["predicted", answerOf(i)],
    ["cluster", String(clusterOf(i))], ...others.map((name) => [plain(name), textOf(name, i)]), ["split", plain(textOf("split", i))], ["instance", String(idOf(i))],
    ...(beside ? [[`to own ${factorWords(beside.factor)}`, number(beside.own)], [`nearest other`, number(beside.other)]] : [])]);
}
export const titleOf = (i) => `${has("input") ? `${textOf("input", i)} → ` : ""}${answerOf(i)}${has("output") ? (isRight(i) ? " ✓" : " ✗") : ""}`;
