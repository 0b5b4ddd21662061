// Agreement over steps: one line per layer, a panel per split, or per group of runs where there are several.
import { distinct, element, page } from "../data/decode.js";
import { LEAST_SEEDS, allSteps, isBounded, isSparse, lowerIsBetter, oneStep, overRuns, seriesWhere, sitesOf, stepsKept, stepsOfMeasure, withoutLabel } from "../data/series.js";
import { bySplit, capital, controlWords, factorWords, layerOf, listed, measureWords, metricWords, number, plain, positionWords, preparationWords, siteWords } from "../data/words.js";
import { choices, choose, inGroup, lensOf, runsOfGroup, several, state } from "../state/state.js";
import { css, narrow, siteColor, siteShape } from "../charts/colors.js";
import { drawCurves, gridOf, linearTicks, moveChosen } from "../charts/curves.js";
import { figures, tableOf } from "../charts/save.js";
import { tell } from "../charts/terms.js";
import { picturesOf } from "../charts/svg.js";
import { drawProfile, placeOfSite } from "./profile.js";

export const emergencePlot = element("emergence-plot");

/** What is drawn side by side: [{title, split, group}]. */
export function panels() {
  if (several) return page.groups.map((title, group) => ({ title, split: state.split, group }));
  return [...choices().split].sort(bySplit).map((split) => ({ title: plain(split), split, group: state.group }));
}
export function linesOf(panel) {
  const rows = seriesWhere({ ...lensOf(panel), split: panel.split, control: "none" }).filter(inGroup(panel.group));
  return sitesOf(rows).map((site) => overRuns(rows.filter((one) => one.site === site)));
}
function accuracyOf(panel) {
  const rows = seriesWhere({ method: "model", metric: "accuracy", control: "none", split: panel.split }).filter(inGroup(panel.group));
  return rows.length && isBounded(state.measure) ? overRuns(rows) : null;
}
/** Levels to compare with: for each control the lowest and highest over the layers at the last step, with their intervals. */
export function controlsOf(panel) {
  const rows = seriesWhere({ ...lensOf(panel), split: panel.split }).filter((one) => one.control !== "none" && !page.references.includes(one.control)).filter(inGroup(panel.group));
  return distinct(rows.map((one) => one.control)).map((control) => {
    const values = rows.filter((one) => one.control === control).flatMap((one) => [one.low.at(-1), one.value.at(-1), one.high.at(-1)]).filter(Number.isFinite);
    return { control, low: Math.min(...values), high: Math.max(...values) };
  });
}
export const controlToName = ({ control, low, high }) => ({ words: plain(control).replace("ngrams", "n-grams"), value: (low + high) / 2, color: css("--control-text") });
/** What an axis must show of an interval: one between few seeds can reach far beyond what a measure can be. */
const shownEnd = (end) => (isBounded(state.measure) ? Math.min(Math.max(end, -0.25), 1) : end);
export function rangeOf(drawn) {
  const values = drawn.flatMap(({ lines, accuracy, controls }) => [...[...lines, ...(accuracy ? [accuracy] : [])].flatMap((one) => [...one.value, ...[...one.low, ...one.high].map(shownEnd)]), ...controls.flatMap(({ low, high }) => [low, high])]).filter(Number.isFinite);
  const low = Math.min(0, ...values), high = Math.max(0.1, ...values);
  return isBounded(state.measure) && high <= 1.02 ? [Math.min(-0.03, low - 0.02), 1.03] : [low - (high - low) * 0.05, high + (high - low) * 0.06];
}

const along = (step) => (state.scale === "log" ? Math.log10(1 + step) : step);
const marksOf = (one) => Array.from(one.step, (step, i) => ({ x: along(step), y: one.value[i], low: one.low[i], high: one.high[i], step, i, one }));

function lineOf(one) {
  const chosen = one.site === state.site, joined = !isSparse(state.measure);
  return { name: siteWords(one.site), site: one.site, color: siteColor(one.site), shape: siteShape(one.site), width: chosen ? 3.6 : 1.8, chosen, joined,
    dash: layerOf(one.site) === null ? "2 4" : undefined, marks: marksOf(one), members: one.members?.map(marksOf) };
}

export function drawEmergence() {
  if (oneStep) { drawProfile(emergencePlot); return; }
  const shown = panels(), drawn = shown.map((panel) => ({ panel, lines: linesOf(panel), accuracy: accuracyOf(panel), controls: controlsOf(panel) }));
  const [from, to] = rangeOf(drawn), last = Math.max(...drawn.flatMap(({ lines }) => lines.map((one) => one.step.at(-1))), 1), { panelHeight } = gridOf(emergencePlot, shown.length);
  drawCurves(emergencePlot, {
    panels: drawn.map(({ panel, lines, accuracy, controls }) => ({
      title: panel.title, levels: controls, lines: [...lines.map(lineOf), ...(accuracy ? [{ name: "task accuracy", color: css("--ink"), shape: "circle", width: 1.6, dash: "6 4", joined: true, plain: true, marks: marksOf(accuracy) }] : [])],
      names: [...linesToName(lines, accuracy, panelHeight), ...controls.map(controlToName)],
    })),
    x: { from: along(0) - along(last) * 0.015, to: along(last) * 1.01, ticks: ticksOf(last), title: "step" },
    y: { from, to, title: metricWords(state.measure.split("/")[1]) }, chosen: along(state.step), label: describe(drawn), tipOf,
    pick: (line, mark) => choose(line.site ? { step: mark.step, site: line.site } : { step: mark.step }),
  });
}
/** The chosen step, or layer where there is one step, moved without drawing anew. */
export const moveEmergence = () => moveChosen(emergencePlot, oneStep ? placeOfSite(state.site) : along(state.step));

function ticksOf(last) {
  if (isSparse(state.measure) && stepsOfMeasure.get(state.measure).length < 6) return stepsOfMeasure.get(state.measure).map((step) => ({ at: along(step), text: String(step) }));
  if (state.scale === "linear") return linearTicks(0, last, narrow.matches ? 4 : 5);
  return [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000].filter((step) => step <= last).map((step) => ({ at: along(step), text: String(step) }));
}

/** The ends of lines that are named: all of them, or of very many layers as many as there is room for. */
function linesToName(lines, accuracy, height) {
  const room = Math.max(3, Math.floor(height / 17) - 6), every = Math.ceil(lines.length / room);
  const named = lines.filter((one, i) => one.site === state.site || (lines.length - 1 - i) % every === 0);
  return [...named.map((one) => ({ words: siteWords(one.site), value: one.value.at(-1), color: siteColor(one.site), shape: siteShape(one.site), chosen: one.site === state.site })),
    ...(accuracy ? [{ words: "accuracy", value: accuracy.value.at(-1), color: css("--ink") }] : [])];
}

/** What a long run or many runs left out of the page. */
const stepsLeftOut = (() => {
  const { n_steps_in_file: all } = page.scores, kept = stepsKept();
  return kept < all ? ` ${kept} of ${all} steps are on this page; the run's folder has the others.` : "";
})();

/** The measure in a sentence: of what, and which way is better. */
export function measureSentence() {
  const about = withoutLabel.has(state.measure) ? `${capital(measureWords(state.measure))}, which compares clusterings with each other and no label` : `${capital(measureWords(state.measure))} with ${factorWords(state.factor)}`;
  return `${about}, at the ${positionWords(state.position)}, ${preparationWords(state.preparation)} states${lowerIsBetter(state.measure) ? "; lower is better" : ""}.`;
}
export const controlSentence = (controls) => (controls.length ? `Gray levels are controls (${controls.map(controlWords).join(", ")}) at the last step, over all layers, with their intervals: a line within them is indistinguishable from a control.` : "No control was measured here.");

/** What bands over several seeds are, in words. */
export function betweenSeeds(/** @type {number[]} */ members) {
  const two = members.includes(2), more = members.some((n) => n >= LEAST_SEEDS);
  return `${more ? "the 95 % interval between them" : ""}${two ? `${more ? "; of two seeds, " : ""}the range of both` : ""}`;
}

function describe(drawn) {
  const members = page.groups.map((_, group) => runsOfGroup(group).length), alone = members.some((n) => n === 1), seeds = members.some((n) => n > 1);
  const bands = `${seeds ? `thin lines are seeds, bold ones their mean, and bands ${betweenSeeds(members)}` : ""}${seeds && alone ? "; where there is one run, bands " : ""}${alone ? `${seeds ? "" : "bands "}are 95 % intervals` : ""}`;
  const controls = distinct(drawn.flatMap((one) => one.controls.map(({ control }) => control))), sparse = isSparse(state.measure);
  const how = sparse ? `Measured at ${stepsWords(state.measure)} only, so dots are not joined; bars are 95 % intervals` : `Lines are layers; ${bands}`;
  tell(element("emergence-caption"), `${measureSentence()} ${how}${drawn.some((one) => one.accuracy) ? "; the dashed line is task accuracy" : ""}. ${controlSentence(controls)}${stepsLeftOut}`);
  element("emergence-lede").textContent = sparse ? `measured at ${stepsWords(state.measure)}` : "at every checkpoint of training";
  return `${measureSentence()} ${drawn.flatMap(({ panel, lines }) => lines.map((one) => `${panel.title}, ${siteWords(one.site)}: ${number(one.value[0])} to ${number(one.value.at(-1))}`)).join("; ")}.`;
}
export function stepsWords(measure) {
  const steps = stepsOfMeasure.get(measure) ?? [];
  if (steps.length === allSteps.length) return "every checkpoint";
  return steps.length > 6 ? `${steps.length} of ${allSteps.length} checkpoints` : `step${steps.length > 1 ? "s" : ""} ${listed(steps)}`;
}

export function tipOf(line, /** @type {any} */ { one, i, step }) {
  const rows = /** @type {[string, string][]} */ ([["step", String(step)], ["value", number(one.value[i], 3)]]);
  if (Number.isFinite(one.low[i])) rows.push([one.members ? (one.members.length < LEAST_SEEDS ? "both seeds" : "95 % between seeds") : "95 %", `${number(one.low[i], 3)} to ${number(one.high[i], 3)}`]);
  rows.push(...controlRows(one, i), ["split", plain(one.split)], ["examples", String(one.n_examples[i] ?? "")]);
  return /** @type {[string, any]} */ ([line.name, rows]);
}
/** The strongest control beside a value, where it has one. */
export const controlRows = (one, i) => (Number.isFinite(one.control_value?.[i]) ? /** @type {[string, string][]} */ ([["strongest control", `${number(one.control_value[i], 3)} (${controlWords(page.scores.names.control[one.strongest[i]])})`]]) : []);

figures.emergence = {
  table: () => tableOf(panels().flatMap((panel) => [
    ...seriesWhere({ ...lensOf(), split: panel.split }), ...(isBounded(state.measure) ? seriesWhere({ method: "model", metric: "accuracy", split: panel.split }) : []),
  ].filter(inGroup(panel.group)))),
  ...picturesOf(emergencePlot),
};
