// Agreement beside cause: where labels can be told apart, and where moving a state moves the answer. Two maps of the same places, positions
// by layers; a place chosen in either is framed in both, and the figure below is about it.
import { distinct, element, page } from "../data/decode.js";
import { overRuns, seriesWhere, sitesOf } from "../data/series.js";
import { capital, factorWords, measureWords, number, plain, positionWords, siteWords } from "../data/words.js";
import { choices, choose, inGroup, lensOf, runsOfGroup, state } from "../state/state.js";
import { between, css, heat, inkOn, narrow } from "../charts/colors.js";
import { figures } from "../charts/save.js";
import { picturesOf, round, svg } from "../charts/svg.js";
import { hideTip, showTip } from "../charts/tip.js";
import { MOVES, within } from "./atlas.js";

const plot = element("twin-plot"), frame = element("twin-frame");
/** Where many tokens are moved together, the position whose one state stands for them. */
const STANDS_FOR = { all_instruction: "instruction_mean", all_prompt: "prompt_mean" };
const MOVED = { method: "intervene", factor: "shift", metric: "excess", control: "none", preparation: "strength 1" };
const rowsOf = () => seriesWhere(MOVED).filter(inGroup(state.group));
/** What the interventions of some series at one place say at a step: the word of every run that was measured there, "" where they differ or one has none. */
function readingOf(moved, step) {
  const words = distinct(moved.filter((one) => one.step.includes(step)).map(({ run, position, site }) => page.readings.find((one) => one.run === run && one.step === step && one.position === position && one.site === site)?.reading ?? ""));
  return words.length === 1 ? words[0] : "";
}

/** @typedef {{value: number, low: number, high: number, n: number, works?: boolean, reading?: string}} Place */
const at = (one, step) => { const i = one ? one.step.indexOf(step) : -1; return i < 0 ? null : { value: one.value[i], low: one.low[i], high: one.high[i], n: one.n_examples[i] }; };

/** What was found at a place: `agreement` of clusters, `cause` of moving the state. */
function placeOf(rows, position, site, step) {
  const told = seriesWhere({ ...lensOf(), position: STANDS_FOR[position] ?? position, split: state.split, site, control: "none" }).filter(inGroup(state.group));
  const moved = rows.filter((one) => one.position === position && one.site === site), cause = at(overRuns(moved), step);
  if (cause) Object.assign(cause, { works: cause.value >= page.least_flip && cause.low > 0, reading: readingOf(moved, step) });
  return { agreement: at(overRuns(told), step), cause };
}

/** The place where most is moved, at a single token if one token is enough: what Causes opens with. */
export function mostMoved() {
  const rows = rowsOf(), last = Math.max(...rows.flatMap((one) => [...one.step]));
  const found = rows.map((one) => ({ position: one.position, site: one.site, ...at(one, last) })).filter((one) => Number.isFinite(one.value));
  const works = found.filter((one) => one.value >= page.least_flip && one.low > 0), single = works.filter((one) => !(one.position in STANDS_FOR));
  return [single, works, found].find((some) => some.length)?.sort((a, b) => b.value - a.value)[0] ?? null;
}

let shown = /** @type {any} */ (null), chosen = { position: "", site: "" };
/** Both maps at a step; `position` is the one that the figure below is about. */
export function drawTwin(step, position, choosePosition) {
  const rows = rowsOf();
  frame.closest("figure").hidden = !rows.length;
  if (!rows.length) return;
  const positions = distinct(rows.map((one) => one.position)).sort((a, b) => Number(a in STANDS_FOR) - Number(b in STANDS_FOR)), sites = sitesOf(rows);
  const all = positions.map((one) => sites.map((site) => placeOf(rows, one, site, step)));
  const width = Math.max(plot.clientWidth, 240), stacked = width < 760, left = stacked ? 96 : 168, gap = 40, row = 46, top = 30, tall = top + row * positions.length + 34;
  const wide = stacked ? width - left : (width - left - gap) / 2, cell = wide / sites.length, root = svg("svg", { width, height: stacked ? tall * 2 : tall, role: "presentation", "font-size": 13 });
  const maps = [["agreement", `agreement of clusters with ${factorWords(state.factor)}`, heat], ["cause", "answers flipped, above controls", (t) => between("cause", 4, t)]].map(([name, title, color], k) => ({
    name, title, color, x0: left + (stacked ? 0 : k * (wide + gap)), y0: top + (stacked ? k * tall : 0) }));
  for (const map of maps) {
    root.append(text(map.title, map.x0, map.y0 - 12, { "font-weight": 650, fill: css("--ink") }));
    if (stacked || map.name === "agreement") positions.forEach((one, r) => lines(positionWords(one), stacked ? 13 : 24).forEach((words, k, parts) => root.append(text(words, left - 10, map.y0 + r * row + row / 2 + 4 + (k - (parts.length - 1) / 2) * 14, { "text-anchor": "end" }))));
    all.forEach((places, r) => places.forEach((place, c) => drawCell(root, map, place[map.name], map.x0 + c * cell, map.y0 + r * row, cell, row)));
    sites.forEach((site, c) => root.append(text(siteWords(site).replace("layer ", "").replace("final ", ""), map.x0 + (c + 0.5) * cell, map.y0 + row * positions.length + 17, { "text-anchor": "middle" })));
    root.append(svg("rect", { class: "chosen", fill: "none", stroke: css("--fails"), "stroke-width": 3, rx: 2, width: round(cell), height: row }));
  }
  plot.replaceChildren(root);
  plot.style.height = `${root.getAttribute("height")}px`;
  Object.assign(plot.dataset, { positions: positions.join(), sites: sites.join(), agreement: JSON.stringify(all.map((one) => one.map((place) => place.agreement?.value ?? null))), cause: JSON.stringify(all.map((one) => one.map((place) => place.cause?.value ?? null))) });
  shown = { maps, positions, sites, all, cell, row, step, choosePosition };
  chosen = { position, site: sites.includes(state.site) ? state.site : sites.at(-1) };
  frameChosen();
  element("twin-caption").textContent = `Left: agreement of clusters with ${factorWords(state.factor)} (${measureWords(state.measure)}, ${plain(state.split)}). Right: what moving a state to another task's centroid does: share of answers that become the other task's, less the strongest control's, at strength 1. Step ${step}; columns are layers. ` +
    `Pale numbers are not clearly different from zero: less than ${number(page.least_flip, 1)}, or an interval that reaches 0. The word below a number, where there is room, says what such a null means (at the last step alone${runsOfGroup(state.group).length > 1 ? ", and where all seeds agree" : ""}); the table below lists them all. Clusters that are clear on the left and idle on the right are not what the answer is read from at that token.`;
}
const text = (words, x, y, attributes) => svg("text", { x: round(x), y: round(y), fill: css("--soft"), ...attributes }, String(words));

/** Words on lines of at most `most` characters. */
const lines = (words, most) => words.split(" ").reduce((all, word) => (all.at(-1) && `${all.at(-1)} ${word}`.length <= most ? [...all.slice(0, -1), `${all.at(-1)} ${word}`] : [...all, word]), []);

function drawCell(root, map, /** @type {Place|null} */ one, x, y, cell, row) {
  const share = one ? Math.min(Math.max(one.value, 0), 1) : 0, ink = one ? inkOn(map.color(share)) : css("--ink"), pale = one && one.works === false;
  root.append(svg("rect", { class: map.name, x: round(x + 1), y: y + 1, width: round(Math.max(cell - 2, 0)), height: row - 2, fill: one ? map.color(share) : "none", stroke: one ? null : css("--line") }));
  const word = pale && one.reading !== "works" && cell > 6 * (one.reading ?? "").length ? one.reading : ""; // a word that does not fit is in the tip and in the table; "works" is no null, and the mean of seeds that all work may be unclear
  root.append(text(one ? number(one.value, narrow.matches ? 1 : 2) : "–", x + cell / 2, y + row / 2 + (word ? -2 : 4.5), { "text-anchor": "middle", fill: pale ? css("--soft") : ink, "font-weight": pale ? 400 : 600 }));
  if (word) root.append(text(word, x + cell / 2, y + row / 2 + 14, { "text-anchor": "middle", "font-size": 11, "font-style": "italic" }));
}

function frameChosen() {
  const { maps, positions, sites, cell, row, all } = shown, r = positions.indexOf(chosen.position), c = sites.indexOf(chosen.site), boxes = plot.querySelectorAll(".chosen");
  maps.forEach((map, k) => { boxes[k].setAttribute("visibility", r < 0 || c < 0 ? "hidden" : "visible"); boxes[k].setAttribute("x", round(map.x0 + Math.max(c, 0) * cell)); boxes[k].setAttribute("y", String(map.y0 + Math.max(r, 0) * row)); });
  const place = all[r]?.[c];
  element("twin-readout").textContent = place ? `${capital(positionWords(chosen.position))}, ${siteWords(chosen.site)}: agreement ${number(place.agreement?.value)}, flipped ${number(place.cause?.value)} (95 % ${number(place.cause?.low)} to ${number(place.cause?.high)}; ${place.cause?.n} instances)${place.cause?.reading ? `: ${place.cause.reading}` : ""}` : "";
}

function take(position, site) {
  const there = choices().position.includes(position) ? { position } : {}, { choosePosition } = shown;
  choose({ site, ...there });
  choosePosition(position);
}
/** The frames follow a layer that was chosen elsewhere. */
export function moveTwin() {
  if (!shown || !shown.sites.includes(state.site)) return;
  chosen = { ...chosen, site: state.site };
  frameChosen();
}
function cellAt(event) {
  const box = plot.getBoundingClientRect(), { maps, positions, sites, cell, row } = shown;
  for (const map of maps) {
    const c = Math.floor((event.clientX - box.left - map.x0) / cell), r = Math.floor((event.clientY - box.top - map.y0) / row);
    if (c >= 0 && c < sites.length && r >= 0 && r < positions.length) return { r, c, map };
  }
  return null;
}
frame.addEventListener("keydown", (event) => {
  const by = MOVES[event.key];
  if (!by || !shown) return;
  event.preventDefault();
  take(within(shown.positions, shown.positions.indexOf(chosen.position) - by[1]), within(shown.sites, shown.sites.indexOf(chosen.site) + by[0]));
});
plot.addEventListener("pointermove", (event) => {
  const found = shown && cellAt(event), one = found && shown.all[found.r][found.c][found.map.name];
  if (!one) { hideTip(); return; }
  showTip(event.clientX, event.clientY, `${positionWords(shown.positions[found.r])}, ${siteWords(shown.sites[found.c])}`, [[found.map.name === "cause" ? "flipped, above controls" : "agreement", number(one.value, 3)], ["95 %", `${number(one.low, 3)} to ${number(one.high, 3)}`], ["instances", String(one.n)], ...(one.reading ? /** @type {[string, string][]} */ ([["reading", one.reading]]) : [])]);
});
plot.addEventListener("pointerleave", hideTip);
plot.addEventListener("click", (event) => { const found = shown && cellAt(event); if (found) take(shown.positions[found.r], shown.sites[found.c]); });

const COLUMNS = ["value", "low", "high", "n"];
figures.twin = {
  table: () => [["step", "position", "site", ...["agreement", "cause"].flatMap((name) => COLUMNS.map((column) => `${name}_${column}`)), "reading"], ...shown.positions.flatMap((position, r) => shown.sites.map((site, c) => [shown.step, position, site, ...["agreement", "cause"].flatMap((name) => COLUMNS.map((column) => shown.all[r][c][name]?.[column] ?? "")), shown.all[r][c].cause?.reading ?? ""]))],
  ...picturesOf(plot),
};
