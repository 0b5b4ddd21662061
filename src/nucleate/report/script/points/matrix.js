// The map of clusters against labels, on a canvas of our own, read out cell by cell with the arrow keys; a cell chosen selects its points.
import { element } from "../data/decode.js";
import { factorWords } from "../data/words.js";
import { state } from "../state/state.js";
import { css, dark, heat } from "../charts/colors.js";
import { figures } from "../charts/save.js";
import { hideTip, showTip, speak } from "../charts/tip.js";
import { clusterOf, clustersNow, labelName, placeNow, pointsNow, stepOfClusters } from "./labels.js";
import { select } from "./selection.js";
import { MOVES, within } from "../views/atlas.js";

const canvas = element("confusion");
const MOST = 300;  // rows and columns: more than can be told apart, and cells grow with their product
let read = /** @type {{row: number, label: number}|null} */ (null);

/** Those of which there are most, in their own order. */
const commonest = (/** @type {Uint32Array} */ sizes) => [...sizes.keys()].filter((i) => sizes[i]).sort((a, b) => sizes[b] - sizes[a]).slice(0, MOST).sort((a, b) => a - b);
const sizesOf = (/** @type {ArrayLike<number>} */ codes, /** @type {number} */ n) => { const sizes = new Uint32Array(n); for (let i = 0; i < codes.length; i++) sizes[codes[i]]++; return sizes; };

/** How many points of each cluster carry each label, and how many of them are selected; clusters in the order of their commonest label. */
function counts() {
  const points = pointsNow(), factor = labelName(), { texts: all, code } = points.columns[factor], clusters = clustersNow(), sizes = sizesOf(code, all.length);
  const codes = all.length <= MOST ? [...all.keys()] : commonest(sizes), shown = commonest(sizesOf(clusters, placeNow().n_clusters));
  const column = new Map(codes.map((one, label) => [one, label])), row = new Map(shown.map((k, at) => [k, at]));
  const empty = () => shown.map(() => new Uint32Array(codes.length)), table = empty(), lit = empty();
  for (let i = 0; i < clusters.length; i++) {
    const at = row.get(clusters[i]), label = column.get(code[i]);
    if (at === undefined || label === undefined) continue;
    table[at][label]++;
    if (state.selected?.has(i)) lit[at][label]++;
  }
  const peak = table.map((one) => one.indexOf(Math.max(...one)));
  const order = [...table.keys()].sort((a, b) => peak[a] - peak[b] || table[b][peak[b]] - table[a][peak[a]]);
  return { factor, texts: codes.map((one) => all[one]), codes, clusters: shown, table, lit, order, whole: codes.map((one) => sizes[one]), n_labels: all.length };
}

/** Every cell as {row, label, fill, lit}, in units of one cell. */
function cellsOf({ texts, table, lit, order, whole }) {
  const shades = Array.from({ length: 33 }, (_, i) => heat(i / 32));
  return order.flatMap((k, row) => texts.map((_, label) => ({ row, label, lit: lit[k][label], fill: shades[Math.round((table[k][label] / (whole[label] || 1)) * 32)] })));
}

export function drawMatrix() {
  const all = counts(), { factor, texts, table, order, n_labels } = all, ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight, context = canvas.getContext("2d");
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const cell = [width / texts.length, height / Math.max(order.length, 1)], gap = cell[0] > 6 && cell[1] > 6 ? 1 : 0;
  for (const { row, label, fill, lit } of cellsOf(all)) {
    context.globalAlpha = state.selected && !lit ? 0.35 : 1;
    context.fillStyle = fill;
    context.fillRect(label * cell[0], row * cell[1], cell[0] - gap, cell[1] - gap);
    if (state.selected && lit) { context.fillStyle = css("--fails"); context.fillRect(label * cell[0], (row + 1) * cell[1] - gap - 3, cell[0] - gap, 3); }
  }
  context.globalAlpha = 1;
  if (read && read.row < order.length && read.label < texts.length) {
    Object.assign(context, { strokeStyle: css("--fails"), lineWidth: 3 });
    context.strokeRect(read.label * cell[0] + 1, read.row * cell[1] + 1, cell[0] - 2, cell[1] - 2);
  }
  const about = factor === state.factor ? "" : ` Points have no label “${factorWords(state.factor)}”, so they are compared with ${factorWords(factor)}.`;
  element("confusion-title").textContent = `Clusters against ${factorWords(factor)}`;
  element("confusion-note").textContent = `A row per cluster, a column per ${factorWords(factor)}; the ${dark.matches ? "lighter" : "darker"}, the more of the label is in the cluster. One ${dark.matches ? "light" : "dark"} cell in every column would be full agreement. Choose a cell to select its points.${n_labels > texts.length ? ` The ${texts.length} most common of ${n_labels.toLocaleString("en")} are shown.` : ""}${about}`;
  const pure = order.reduce((sum, at) => sum + Math.max(...table[at]), 0) / (table.flatMap((one) => [...one]).reduce((sum, n) => sum + n, 0) || 1);
  canvas.setAttribute("aria-label", `${order.length} clusters against ${texts.length} labels of ${factorWords(factor)}, to be read out with the arrow keys; the most common label of their cluster is that of ${Math.round(pure * 100)} % of points`);
}

function readCell(x, y, { row, label }, { factor, texts, clusters, table, order, whole }) {
  const k = clusters[order[row]], title = `${table[order[row]][label]} of ${whole[label]} points`;
  showTip(x, y, title, [["cluster", String(k)], [factorWords(factor), texts[label]]]);
  return `${title}: cluster ${k}, ${factorWords(factor)} ${texts[label]}`;
}
function chooseCell({ row, label }, { factor, texts, codes, clusters, order }) {
  const k = clusters[order[row]], { code } = pointsNow().columns[factor];
  select([...code.keys()].filter((i) => code[i] === codes[label] && clusterOf(i) === k), `cluster ${k}, ${texts[label]}`);
}
function cellAt(event, all) {
  const box = canvas.getBoundingClientRect(), at = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  return { row: at((event.clientY - box.top) / box.height, all.order.length), label: at((event.clientX - box.left) / box.width, all.texts.length) };
}

function move(event) {
  const by = MOVES[event.key], all = counts(), rows = [...all.order.keys()], labels = [...all.texts.keys()];
  if ((event.key === "Enter" || event.key === " ") && read) { event.preventDefault(); chooseCell(read, all); return; }
  if (!by) return;
  event.preventDefault();
  const { row, label } = read ?? { row: 0, label: -by[0] };
  read = { row: within(rows, row - by[1]), label: within(labels, label + by[0]) };
  drawMatrix();
  const box = canvas.getBoundingClientRect();
  speak(readCell(box.left + ((read.label + 0.5) / labels.length) * box.width, box.top + ((read.row + 0.5) / rows.length) * box.height, read, all));
}

export function bindMatrix() {
  canvas.addEventListener("pointermove", (event) => { if (!placeNow()) return; const all = counts(); readCell(event.clientX, event.clientY, cellAt(event, all), all); });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", (event) => { if (!placeNow()) return; const all = counts(); chooseCell(cellAt(event, all), all); });
  canvas.addEventListener("keydown", move);
  canvas.addEventListener("blur", () => { hideTip(); if (read) { read = null; if (placeNow()) drawMatrix(); } });
}

function asSvg() {
  const all = counts(), [across, down] = [all.texts.length, all.order.length], name = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const cells = cellsOf(all).map(({ row, label, fill }) => `<rect x="${label}" y="${row}" width="0.96" height="0.96" fill="${fill}"><title>${name(`cluster ${all.clusters[all.order[row]]}, ${all.texts[label]}: ${all.table[all.order[row]][label]}`)}</title></rect>`);
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${across} ${down}" width="800" height="${Math.round(800 / 1.35)}" preserveAspectRatio="none">${cells.join("")}</svg>`)}`;
}

figures.confusion = {
  table: () => { const { factor, texts, clusters, table, order } = counts(), step = stepOfClusters(); return [["step", "site", "factor", "label", "cluster", "points"], ...order.flatMap((at) => texts.map((text, label) => [step, state.site, factor, text, clusters[at], table[at][label]]))]; },
  svg: async () => asSvg(),
  png: async () => canvas.toDataURL("image/png"),
};
