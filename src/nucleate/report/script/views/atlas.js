// Layer by step as a map of one color scale; a cell chosen here is chosen everywhere. Where there is one step, a column is a factor.
// A dot marks a cell whose interval does not lie above the strongest of its controls.
import { element, nearest, page } from "../data/decode.js";
import { isBounded, lowerIsBetter, oneStep, seriesWhere } from "../data/series.js";
import { controlWords, factorWords, number, plain, siteWords } from "../data/words.js";
import { choices, choose, inGroup, lensOf, several, state } from "../state/state.js";
import { css, heat, inkOn, narrow } from "../charts/colors.js";
import { figures, tableOf } from "../charts/save.js";
import { picturesOf, round, svg } from "../charts/svg.js";
import { hideTip, showTip } from "../charts/tip.js";
import { tell } from "../charts/terms.js";
import { linesOf, measureSentence, stepsWords } from "./emergence.js";
import { factorsShown } from "./profile.js";

const plot = element("atlas-plot"), frame = element("atlas-frame");
const columnsShown = () => (oneStep ? factorsShown() : choices().step);
const linesAt = (factor) => linesOf({ split: state.split, group: state.group, factor });
const sitesShown = () => linesAt(state.factor).map((one) => one.site);
const columnWords = (column) => (oneStep ? factorWords(column) : String(column));
const columnChosen = () => (oneStep ? state.factor : state.step);
const columnChange = (column) => (oneStep ? { factor: column } : { step: column });

/** @typedef {{value: number, low: number, high: number, n: number, control: string, level: number, passes: boolean|null}} Cell */
/** Every cell: a row per site, a column per step or factor; null where nothing was measured. */
function cells(sites, columns) {
  const bySite = (lines) => new Map(lines.map((one) => [one.site, one]));
  const lines = oneStep ? columns.map((factor) => bySite(linesAt(factor))) : [bySite(linesAt(state.factor))];
  return sites.map((site) => columns.map((column, c) => {
    const one = lines[oneStep ? c : 0].get(site), i = one ? (oneStep ? one.step.length - 1 : one.step.indexOf(column)) : -1;
    return i < 0 ? null : cellOf(one, i);
  }));
}
/** @returns {Cell} */
function cellOf(one, i) {
  const [value, low, high, level, beaten] = [one.value[i], one.low[i], one.high[i], one.control_value[i], one.control_high[i]];
  const worse = lowerIsBetter(state.measure) ? high : low, by = (Number.isFinite(worse) ? worse : value) - beaten;
  const passes = !Number.isFinite(beaten) ? null : lowerIsBetter(state.measure) ? by < 0 : by > 0;
  return { value, low, high, n: one.n_examples[i], level, passes, control: Number.isFinite(level) ? page.scores.names.control[one.strongest[i]] : "" };
}

let shown = /** @type {any} */ (null);
export function drawAtlas() {
  const sites = sitesShown(), columns = columnsShown(), all = cells(sites, columns), low = narrow.matches;
  const top = isBounded(state.measure) ? 1 : Math.max(...all.flat().filter(Boolean).map((one) => one.value));
  const width = Math.max(plot.clientWidth, 240), left = low ? 66 : 84, right = 62, rowHeight = sites.length > 16 ? 22 : 38, below = oneStep ? 62 : 48, height = rowHeight * sites.length + 8 + below;
  const cell = [(width - left - right) / Math.max(columns.length, 1), rowHeight], gap = cell[0] > 6 ? 2 : 0.5;
  const root = svg("svg", { width, height, role: "presentation", "font-size": 13 }), shades = new Map(), dots = [], x0 = (c) => left + c * cell[0], y0 = (r) => 8 + (sites.length - 1 - r) * rowHeight;
  all.forEach((row, r) => row.forEach((one, c) => {
    if (!one) return;
    const shade = Math.round(Math.min(Math.max(one.value / top, 0), 1) * 32), path = `M${round(x0(c) + gap / 2)} ${y0(r) + 1}h${round(cell[0] - gap)}v${rowHeight - 2}h${-round(cell[0] - gap)}Z`;
    shades.set(shade, (shades.get(shade) ?? "") + path);
    if (one.passes === false) dots.push({ x: x0(c) + Math.min(8, cell[0] / 2), y: y0(r) + Math.min(9, rowHeight / 2), on: shade });
  }));
  for (const [shade, d] of shades) root.append(svg("path", { class: "cells", d, fill: heat(shade / 32) }));
  const ink = (shade) => inkOn(heat(shade / 32));
  for (const one of dots) root.append(svg("circle", { class: "not-above", cx: round(one.x), cy: round(one.y), r: 2.6, fill: ink(one.on) }));
  if (cell[0] > 40 && rowHeight > 30) all.forEach((row, r) => row.forEach((one, c) => one && root.append(svg("text", { x: round(x0(c) + cell[0] / 2), y: y0(r) + rowHeight / 2 + 4.5, "text-anchor": "middle", fill: ink(Math.round((one.value / top) * 32)) }, number(one.value)))));
  sites.forEach((site, r) => root.append(svg("text", { x: left - 9, y: y0(r) + rowHeight / 2 + 4.5, "text-anchor": "end", fill: css("--soft") }, siteWords(site))));
  const longest = Math.max(...columns.map((one) => columnWords(one).length)), every = Math.max(1, Math.ceil((Math.min(longest, 18) * 7.4 + 8) / cell[0])), tilted = oneStep && every > 1;
  columns.forEach((column, c) => {
    if (!tilted && c % every && c !== columns.length - 1) return;
    if (!tilted && c !== columns.length - 1 && columns.length - 1 - c < every) return;
    const text = columnWords(column), x = round(x0(c) + cell[0] / 2), y = height - below + 16;
    root.append(svg("text", { x, y, "text-anchor": tilted ? "end" : "middle", fill: css("--soft"), transform: tilted ? `rotate(-35 ${x} ${y})` : null }, text.length > 18 ? `${text.slice(0, 17)}…` : text));
  });
  if (!oneStep) root.append(svg("text", { x: left + (width - left - right) / 2, y: height - 8, "text-anchor": "middle", fill: css("--soft") }, "step"));
  scale(root, width - right + 16, height - below, top);
  root.append(svg("rect", { class: "chosen", fill: "none", stroke: css("--fails"), "stroke-width": 3, rx: 2 }));
  plot.replaceChildren(root);
  plot.style.height = `${height}px`;
  Object.assign(plot.dataset, { sites: sites.join(), columns: columns.join(), values: JSON.stringify(all.map((row) => row.map((one) => one && one.value))), notAbove: JSON.stringify(all.map((row) => row.map((one) => one && one.passes === false))) });
  shown = { sites, columns, all, x0, y0, cell, rowHeight };
  moveAtlas();
  describe(all);
}

/** What the colors mean, with the numbers beside it. */
function scale(root, x, bottom, top) {
  for (let i = 0; i < 24; i++) root.append(svg("rect", { x, y: round(8 + ((bottom - 14) * i) / 24), width: 11, height: round((bottom - 14) / 24 + 0.6), fill: heat(1 - i / 23) }));
  for (const t of [0, 0.5, 1]) root.append(svg("text", { x: x + 16, y: round(8 + (bottom - 14) * (1 - t) + (t === 1 ? 10 : t ? 4 : 0)), fill: css("--soft"), "font-size": 12 }, String(Number((t * top).toPrecision(2)))));
}

/** The frame around the chosen cell. */
export function moveAtlas() {
  if (!shown) return;
  const { sites, columns, x0, y0, cell, rowHeight } = shown, c = columns.indexOf(columnChosen()), r = sites.indexOf(state.site), box = plot.querySelector(".chosen"), is = c >= 0 && r >= 0;
  box.setAttribute("visibility", is ? "visible" : "hidden");
  if (is) for (const [name, value] of Object.entries({ x: round(x0(c)), y: y0(r), width: round(cell[0]), height: rowHeight })) box.setAttribute(name, value);
  readAtlas();
}

function readAtlas() {
  const { sites, columns, all } = shown, one = all[sites.indexOf(state.site)]?.[columns.indexOf(columnChosen())];
  const beside = one && Number.isFinite(one.low) ? ` (95 % ${number(one.low)} to ${number(one.high)}${one.control ? `; ${controlWords(one.control)} ${number(one.level)}` : ""})` : "";
  element("atlas-readout").textContent = `${siteWords(state.site)}, ${oneStep ? "" : "step "}${columnWords(columnChosen())}: ${one ? number(one.value, 3) : "not measured"}${beside}`;
}

function describe(all) {
  const group = several ? ` ${page.groups[state.group]}.` : "", measured = all.flat().filter(Boolean), known = measured.filter((one) => one.passes !== null), without = known.filter((one) => !one.passes).length;
  const dots = known.length ? `A dot marks a cell whose interval does not lie ${lowerIsBetter(state.measure) ? "below" : "above"} those of its controls, corrected for all cells: ${without} of ${known.length}.` : "No control was measured here, so no cell can be compared with one.";
  tell(element("atlas-caption"), `${oneStep ? measureSentence().replace(factorWords(state.factor), "every label") : measureSentence()} Split: ${plain(state.split)}.${group} ${dots}` +
    (oneStep ? "" : ` Columns are ${stepsWords(state.measure)}, not evenly spaced in steps.`));
}

export const within = (list, index) => list[Math.min(Math.max(index, 0), list.length - 1)];
export const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-1e6, 0], End: [1e6, 0] };

function move(event) {
  const { columns, sites } = shown, by = MOVES[event.key];
  if (!by) return;
  event.preventDefault();
  const column = oneStep ? columns.indexOf(state.factor) : columns.indexOf(nearest(columns, state.step));
  choose({ ...columnChange(within(columns, column + by[0])), site: within(sites, sites.indexOf(state.site) + by[1]) });
}
function cellAt(event) {
  const box = plot.getBoundingClientRect(), { x0, y0, cell, rowHeight, columns, sites } = shown;
  const c = Math.floor((event.clientX - box.left - x0(0)) / cell[0]), r = sites.length - 1 - Math.floor((event.clientY - box.top - y0(sites.length - 1)) / rowHeight);
  return c >= 0 && c < columns.length && r >= 0 && r < sites.length ? { c, r } : null;
}
function tipAt(event) {
  const at = cellAt(event), one = at && shown.all[at.r][at.c];
  if (!one) { hideTip(); return; }
  showTip(event.clientX, event.clientY, `${siteWords(shown.sites[at.r])}, ${oneStep ? "" : "step "}${columnWords(shown.columns[at.c])}`, [
    ["value", number(one.value, 3)], ["95 %", `${number(one.low, 3)} to ${number(one.high, 3)}`],
    ["strongest control", one.control ? `${number(one.level, 3)} (${controlWords(one.control)})` : "none"],
    ...(one.passes === null ? [] : [["better than all controls", one.passes ? "yes" : "no: indistinguishable"]]), ["examples", String(one.n)]]);
}

frame.addEventListener("keydown", move);
plot.addEventListener("pointermove", tipAt);
plot.addEventListener("pointerleave", hideTip);
plot.addEventListener("click", (event) => { const at = cellAt(event); if (at) choose({ ...columnChange(shown.columns[at.c]), site: shown.sites[at.r] }); });
figures.atlas = {
  table: () => tableOf((oneStep ? factorsShown() : [state.factor]).flatMap((factor) => seriesWhere({ ...lensOf({ factor }), split: state.split, control: "none" }).filter(inGroup(state.group)))),
  ...picturesOf(plot),
};
