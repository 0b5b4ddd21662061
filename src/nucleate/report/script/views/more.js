// Sections that only some runs have: a figure per layer at a step, beside its controls.
import { distinct, element } from "../data/decode.js";
import { isThere, overRuns, seriesWhere, sitesOf } from "../data/series.js";
import { controlWords, metricWords, number, plain, positionWords, siteWords } from "../data/words.js";
import { choose, fill, inGroup, runsOfGroup, state } from "../state/state.js";
import { SHAPES, css, narrow } from "../charts/colors.js";
import { drawCurves } from "../charts/curves.js";
import { figures, tableOf } from "../charts/save.js";
import { picturesOf } from "../charts/svg.js";
import { tell } from "../charts/terms.js";
import { betweenSeeds } from "./emergence.js";
import { drawTwin, mostMoved } from "./twin.js";

const MORE = [
  { id: "unseen", method: "unseen", itself: "the model", choices: { metric: "Show", split: "on", position: "at", factor: "for", preparation: "" }, prefer: { metric: "assignment_accuracy", split: "unseen_dialect" } },
  { id: "causes", method: "intervene", itself: "the intervention", choices: { factor: "Do", preparation: "with", metric: "and show", position: "at", split: "on" }, prefer: { factor: "shift", preparation: "strength 1", metric: "becomes_b" }, columns: { factor: "intervention", preparation: "strength" } },
];
const WORDS = { metric: metricWords, position: positionWords, step: String };
const rowsOf = (method) => seriesWhere({ method }).filter(inGroup(state.group));

/** The rows that the section's own selects leave, each filled with what the ones before it leave. */
function rowsChosen({ id, method, choices, prefer }) {
  let rows = rowsOf(method);
  for (const name of Object.keys(choices)) {
    const select = element(`${id}-${name}`), found = distinct(rows.map((one) => one[name]));
    const wanted = [select.value, prefer[name], state[name]].find((value) => found.includes(value));
    fill(select, found, WORDS[name] ?? plain, wanted ?? found[0]);
    rows = rows.filter((one) => one[name] === select.value);
  }
  return rows;
}
/** The step that the reader chose of those measured; the last where none was. */
function stepChosen({ id }, rows) {
  const steps = distinct(rows.flatMap((one) => [...one.step])).sort((a, b) => a - b), select = element(`${id}-step`);
  fill(select, steps, String, steps.includes(Number(select.value)) && select.value !== "" ? Number(select.value) : steps.at(-1));
  return Number(select.value);
}

function drawMoreOf(section) {
  if (!rowsOf(section.method).length) return;
  const rows = rowsChosen(section), sites = sitesOf(rows), step = stepChosen(section, rows), metric = metricWords(rows[0].metric);
  const controls = distinct(rows.map((one) => one.control)).sort((a, b) => Number(b === "none") - Number(a === "none"));
  const lines = controls.map((control, index) => {
    const own = control === "none", color = own ? css("--accent") : css("--control-text");
    return { name: own ? section.itself : controlWords(control), control, color, shape: SHAPES[index % 5], width: own ? 3 : 1.6, dash: [null, "7 4", "2 3", "8 3 2 3"][index % 4], joined: true, quiet: true, chosen: own,
      marks: sites.map((site, x) => { const one = overRuns(rows.filter((row) => row.site === site && row.control === control)), i = one ? one.step.indexOf(step) : -1; return { x, y: i < 0 ? NaN : one.value[i], low: i < 0 ? NaN : one.low[i], high: i < 0 ? NaN : one.high[i], one, i, step, site }; }) };
  });
  const ends = lines.flatMap(({ marks }) => marks.flatMap((mark) => [mark.y, mark.low, mark.high])).filter(Number.isFinite), top = Math.max(...ends, 0.1), bottom = Math.min(0, ...ends), share = top <= 1 && rows[0].metric !== "kl";
  const bars = runsOfGroup(state.group).length > 1 ? `bars are ${betweenSeeds([runsOfGroup(state.group).length]).replace("them", "seeds")}` : "bars are 95 % intervals";
  tell(element(`${section.id}-caption`), `${metric.charAt(0).toUpperCase()}${metric.slice(1)}, by layer, at step ${step}, ${positionWords(rows[0].position)}, ${plain(rows[0].split)}; ${bars}. ${controls.length > 1 ? "Gray lines are controls." : "No control was measured here."} This figure has its own controls: of the bar above it follows only the position, where it has that position.`);
  const every = Math.ceil(sites.length / (narrow.matches ? 5 : 13));
  drawCurves(element(`${section.id}-plot`), {
    panels: [{ title: metric, levels: [], lines, names: lines.map((one) => ({ words: one.name, value: one.marks.findLast((mark) => Number.isFinite(mark.y))?.y ?? 0, color: one.color, shape: one.shape, chosen: one.chosen })) }],
    x: { from: -0.3, to: sites.length - 0.7, ticks: sites.map((site, at) => ({ at, text: siteWords(site).replace("layer ", "") })).filter((_, i) => i % every === 0), title: "layer" },
    y: share ? { from: Math.min(-0.03, bottom - 0.02), to: 1.03, title: "" } : { from: bottom - (top - bottom) * 0.04, to: top * 1.06, title: "" },
    chosen: sites.indexOf(state.site) < 0 ? null : sites.indexOf(state.site), label: `${metric} by layer at step ${step}. ${lines.map((one) => `${one.name}: ${one.marks.map((mark) => number(mark.y)).join(", ")}`).join("; ")}.`,
    tipOf: (line, { one, i, site }) => [line.control === "none" ? line.name : `control: ${line.name}`, [["layer", siteWords(site)], ["step", String(step)], ["value", number(one.value[i], 3)], ["95 %", `${number(one.low[i], 3)} to ${number(one.high[i], 3)}`], ["examples", String(one.n_examples[i] ?? "")]]],
    pick: (_, { site }) => choose({ site }),
  });
  if (section.id === "causes") drawTwin(step, element("causes-position").value, (position) => { element("causes-position").value = position; drawMoreOf(section); });
}

for (const section of MORE) {
  const there = isThere({ method: section.method }), bar = element(`${section.id}-controls`);
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-when=${section.id}]`))) part.hidden = !there;
  for (const [name, question] of Object.entries({ ...section.choices, step: "step" }).reverse()) {
    const label = document.createElement("label"), select = document.createElement("select");
    select.id = `${section.id}-${name}`;
    select.setAttribute("aria-label", plain(name));
    select.addEventListener("change", () => drawMoreOf(section));
    label.append(question, select);
    bar.prepend(label);
  }
  const { columns = {} } = section, table = () => { const [header, ...rows] = tableOf(rowsOf(section.method)); return [header.map((name) => columns[name] ?? name), ...rows]; };
  figures[section.id] = { table, ...picturesOf(element(`${section.id}-plot`)) };
}
const most = mostMoved();
if (most) MORE[1].prefer.position = most.position;
export const drawMore = () => MORE.forEach(drawMoreOf);
