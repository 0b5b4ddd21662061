// Agreement over steps: one line per layer, a panel per split, or per group of runs where there are several.
const emergencePlot = element("emergence-plot");
const SPLIT_ORDER = ["train", "validation", "unseen_instruction", "unseen_dialect"];
const bySplit = (a, b) => (SPLIT_ORDER.indexOf(a) + 9) % 9 - (SPLIT_ORDER.indexOf(b) + 9) % 9 || (a < b ? -1 : 1);
const several = page.groups.length > 1;

/** What the reader looks through; a panel may be about a factor of its own. */
const lensOf = ({ factor = state.factor } = {}) => ({ factor, position: state.position, measure: state.measure, preparation: state.preparation });
const isBounded = () => !/separation|variance|inertia/.test(state.measure);

/** What is drawn side by side: [{title, split, group}]. */
function panels() {
  if (several) return page.groups.map((title, group) => ({ title, split: state.split, group }));
  return [...choices().split].sort(bySplit).map((split) => ({ title: plain(split), split, group: state.group }));
}

/** Mean over the runs of a group with its band: an interval where there is one run, the range of seeds else. */
function overRuns(list) {
  if (!list.length) return null;
  if (list.length === 1) return list[0];
  const steps = distinct(list.flatMap((one) => [...one.step])).sort((a, b) => a - b);
  const at = (step) => list.map((one) => one.value[one.step.indexOf(step)]).filter(Number.isFinite);
  const values = steps.map(at);
  return {
    ...list[0], step: steps, value: values.map((all) => all.reduce((a, b) => a + b, 0) / all.length),
    low: values.map((all) => Math.min(...all)), high: values.map((all) => Math.max(...all)),
  };
}

const inGroup = (group) => { const runs = new Set(runsOfGroup(group)); return (one) => runs.has(one.run); };

function linesOf(panel) {
  const rows = seriesWhere({ ...lensOf(panel), split: panel.split, control: "none" }).filter(inGroup(panel.group));
  return sitesOf(rows).map((site) => overRuns(rows.filter((one) => one.site === site)));
}
function accuracyOf(panel) {
  const rows = seriesWhere({ method: "model", metric: "accuracy", control: "none", split: panel.split }).filter(inGroup(panel.group));
  return rows.length && isBounded() ? overRuns(rows) : null;
}
/** Levels to compare with: for each control the lowest and highest over the layers, with their intervals. */
function controlsOf(panel) {
  const rows = seriesWhere({ ...lensOf(panel), split: panel.split }).filter((one) => one.control !== "none").filter(inGroup(panel.group));
  return distinct(rows.map((one) => one.control)).map((control) => {
    const values = rows.filter((one) => one.control === control).flatMap((one) => [one.low.at(-1), one.value.at(-1), one.high.at(-1)]).filter(Number.isFinite);
    return { control, low: Math.min(...values), high: Math.max(...values) };
  });
}

const along = (step) => (state.scale === "log" ? Math.log10(1 + step) : step);

/** Heights for labels beside `values`, at least `gap` apart and none above `most`, as near as that allows. */
function apart(values, gap, most) {
  const order = values.map((value, index) => [value, index]).sort((a, b) => a[0] - b[0]), heights = [];
  let floor = -Infinity, ceiling = most;
  for (const [value, index] of order) heights[index] = floor = Math.max(value, floor + gap);
  for (const [, index] of order.reverse()) { heights[index] = Math.min(heights[index], ceiling); ceiling = heights[index] - gap; }
  return heights;
}

const MARGIN = { top: 30, bottom: 46, between: 76, names: 112 };
/** Where panels lie: side by side where there is room, each with room for the names of its lines. */
function gridOf(n) {
  const fit = Math.max(1, Math.floor(emergencePlot.clientWidth / 330)), columns = narrow.matches ? 1 : Math.min(fit, n === 4 ? 2 : Math.min(n, 3)), rows = Math.ceil(n / columns);
  const panelHeight = rows === 1 && !narrow.matches ? 390 : narrow.matches ? 250 : 300, inner = rows * panelHeight + (rows - 1) * MARGIN.between;
  const width = Math.max(emergencePlot.clientWidth - 70, 200), names = MARGIN.names / width;
  const place = (index) => {
    const column = index % columns, row = Math.floor(index / columns), above = row * (panelHeight + MARGIN.between);
    return { column, row, from: column / columns + (column ? 0.012 : 0), to: (column + 1) / columns - names, rows: [Math.max(0, 1 - (above + panelHeight) / inner), 1 - above / inner] };
  };
  return { rows, panelHeight, height: inner + MARGIN.top + MARGIN.bottom, place };
}

function drawEmergence() {
  if (oneStep) return drawProfile();
  const shown = panels(), grid = gridOf(shown.length), { height } = grid;
  const traces = [], annotations = [], shapes = [], axes = {};
  const drawn = shown.map((panel) => ({ panel, lines: linesOf(panel), accuracy: accuracyOf(panel), controls: controlsOf(panel) }));
  const [bottom, top] = rangeOf(drawn), gap = ((top - bottom) * 17) / grid.panelHeight;
  const last = Math.max(...drawn.flatMap(({ lines }) => lines.flatMap((one) => one.step.at(-1))), 1);
  drawn.forEach(({ panel, lines, accuracy, controls }, index) => {
    const tag = index ? index + 1 : "", x = `x${tag}`, y = `y${tag}`, { column, row, from, to, rows } = grid.place(index);
    axes[`xaxis${tag}`] = { domain: [from, to], anchor: y, range: [along(0) - along(last) * 0.015, along(last) * 1.01], showgrid: false, ticks: "outside", ...ticks(last), title: { text: row === grid.rows - 1 ? "step" : "", standoff: 6 } };
    axes[`yaxis${tag}`] = { domain: rows, anchor: x, range: [bottom, top], title: { text: column === 0 && !narrow.matches ? plotlyText(metricWords(state.measure.split("/")[1])) : "" }, showticklabels: column === 0 };
    annotations.push({ text: `<b>${plotlyText(panel.title)}</b>`, x: from, y: rows[1] + 10 / height, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false, font: { color: css("--ink"), size: 15 } });
    drawControls(controls, { x, y, gap }, shapes);
    for (const one of lines) drawLine(one, { x, y, panel }, traces);
    if (accuracy) traces.push({ ...dashed(accuracy), xaxis: x, yaxis: y });
    nameLines([...linesToName(lines, accuracy, grid.panelHeight), ...controls.map(controlToName)], { x, y, gap, top }, annotations);
    shapes.push({ type: "line", xref: x, yref: `${y} domain`, x0: along(state.step), x1: along(state.step), y0: 0, y1: 1, line: { color: css("--soft"), width: 1, dash: "dot" }, layer: "below", name: "chosen" });
  });
  emergencePlot.style.height = `${height}px`;
  describeEmergence(drawn);
  return Plotly.react(emergencePlot, traces, layout({ ...axes, annotations, shapes, height, margin: { l: narrow.matches ? 38 : 62, r: 4, t: MARGIN.top, b: MARGIN.bottom } }), CONFIG);
}

/** The chosen step in both charts, moved without drawing anything else anew. */
function moveMarks() {
  const at = oneStep ? sitesShown().indexOf(state.site) : along(state.step), shapes = emergencePlot.layout.shapes.map((one) => (one.name === "chosen" ? { ...one, x0: at, x1: at } : one));
  return Promise.all([Plotly.relayout(emergencePlot, { shapes }), Plotly.relayout(atlasPlot, { shapes: cellShape(atlasSites(), atlasColumns()) })]);
}

function rangeOf(drawn) {
  const values = drawn.flatMap(({ lines, accuracy }) => [...lines, ...(accuracy ? [accuracy] : [])].flatMap((one) => [...one.value, ...one.low, ...one.high])).filter(Number.isFinite);
  const low = Math.min(0, ...values), high = Math.max(0.1, ...values);
  return isBounded() && high <= 1.02 ? [Math.min(-0.03, low - 0.02), 1.03] : [low - (high - low) * 0.05, high + (high - low) * 0.06];
}

function ticks(last) {
  if (state.scale === "linear") return { nticks: narrow.matches ? 5 : 6 };
  const steps = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000].filter((step) => step <= last);
  return { tickvals: steps.map(along), ticktext: steps.map(String) };
}

function drawLine(one, { x, y, panel }, traces) {
  const colour = siteColour(one.site), steps = Array.from(one.step, along), chosen = one.site === state.site;
  const known = steps.map((_, i) => i).filter((i) => Number.isFinite(one.low[i]));
  if (known.length > 1) traces.push({
    x: [...known.map((i) => steps[i]), ...known.toReversed().map((i) => steps[i])],
    y: [...known.map((i) => one.high[i]), ...known.toReversed().map((i) => one.low[i])],
    xaxis: x, yaxis: y, mode: "lines", line: { width: 0 }, fill: "toself", fillcolor: faded(colour, chosen ? 0.24 : 0.1), hoverinfo: "skip", name: "band",
  });
  traces.push({
    x: steps, y: Array.from(one.value), xaxis: x, yaxis: y, mode: "lines+markers", name: plotlyText(siteWords(one.site)), hoverinfo: "none",
    line: { color: colour, width: chosen ? 3.6 : 1.9, dash: layerOf(one.site) === null ? "dot" : "solid" }, marker: { size: chosen ? 7 : 4.5, color: colour },
    customdata: Array.from(one.step, (step, i) => ({ step, i, one, panel })),
  });
}

const dashed = (one) => ({
  x: Array.from(one.step, along), y: Array.from(one.value), mode: "lines", name: "task accuracy", hoverinfo: "none",
  line: { color: css("--ink"), width: 1.6, dash: "6px,4px" }, customdata: Array.from(one.step, (step, i) => ({ step, i, one })),
});

function drawControls(controls, { x, y, gap }, shapes) {
  for (const { control, low, high } of controls) {
    const half = Math.max(0, gap * 0.12 - (high - low) / 2);
    shapes.push({ type: "rect", xref: `${x} domain`, yref: y, x0: 0, x1: 1, y0: low - half, y1: high + half, fillcolor: css("--control"), opacity: 0.2, line: { width: 0 }, layer: "below", name: control });
  }
}

const LABEL_PX = 17;
const controlToName = ({ control, low, high }) => ({ words: plain(control), value: (low + high) / 2, colour: css("--control") });
/** The ends of lines that are named: all of them, or of very many layers as many as there is room for. */
function linesToName(lines, accuracy, height) {
  const room = Math.max(3, Math.floor(height / LABEL_PX) - 6), every = Math.ceil(lines.length / room);
  const named = lines.filter((one, i) => one.site === state.site || (lines.length - 1 - i) % every === 0);
  return [...named.map((one) => ({ words: siteWords(one.site), value: one.value.at(-1), colour: siteColour(one.site), chosen: one.site === state.site })),
    ...(accuracy ? [{ words: "accuracy", value: accuracy.value.at(-1), colour: css("--ink") }] : [])];
}

/** Names beside the right end of a panel, level with what they name, apart where they would overlap. */
function nameLines(ends, { x, y, gap, top }, annotations) {
  const heights = apart(ends.map((end) => end.value), gap, top - gap / 3);
  ends.forEach((end, i) => annotations.push({
    text: end.chosen ? `<b>${plotlyText(end.words)}</b>` : plotlyText(end.words), xref: `${x} domain`, yref: y, x: 1.015, y: heights[i],
    xanchor: "left", yanchor: "middle", showarrow: false, font: { size: 13, color: end.colour },
  }));
}

/** What a long run or many runs left out of the page. */
const stepsLeftOut = (() => {
  const { n_steps_in_file: all } = page.scores, kept = Math.max(...page.runs.map((_, run) => distinct(series.filter((one) => one.run === run).flatMap((one) => [...one.step])).length));
  return kept < all ? ` ${kept} of ${all} steps are on this page; the run's folder has the others.` : "";
})();

function describeEmergence(drawn) {
  const members = page.groups.map((_, group) => runsOfGroup(group).length), alone = members.some((n) => n === 1), seeds = members.some((n) => n > 1);
  const bands = `bands ${seeds ? "reach from the lowest seed to the highest" : ""}${seeds && alone ? "; where there is one run, they " : ""}${alone ? "are 95 % intervals" : ""}`;
  const controls = distinct(drawn.flatMap((one) => one.controls.map(({ control }) => plain(control))));
  element("emergence-caption").textContent = `Agreement of clusters with ${factorWords(state.factor)}, read at the ${positionWords(state.position)}: ${measureWords(state.measure)}, states ${preparationWords(state.preparation)}. ` +
    `Lines are layers; ${bands}${drawn.some((one) => one.accuracy) ? "; the dashed line is task accuracy" : ""}. ` + (controls.length ? `Grey levels are controls (${controls.join(", ")}), over all layers, with their intervals.` : "This run has no control at this place.") + stepsLeftOut;
  const last = drawn.flatMap(({ panel, lines }) => lines.map((one) => `${panel.title}, ${siteWords(one.site)}: ${number(one.value[0])} to ${number(one.value.at(-1))}`));
  emergencePlot.setAttribute("aria-label", `Agreement with ${factorWords(state.factor)} over steps. ${last.join("; ")}.`);
}

function pointTip({ points, event }) {
  const { step, i, one } = points[0].customdata;
  const rows = [["step", String(step)], ["value", number(one.value[i], 3)]];
  if (Number.isFinite(one.low[i])) rows.push([runsOfGroup(page.runs[one.run].group).length > 1 ? "range" : "95 %", `${number(one.low[i], 3)} to ${number(one.high[i], 3)}`]);
  rows.push(["split", plain(one.split)], ["examples", String(one.n_examples[i] ?? "")]);
  showTip(event.clientX, event.clientY, one.site ? siteWords(one.site) : "task accuracy", rows);
}

figures.emergence = {
  table: () => tableOf(panels().flatMap((panel) => [
    ...seriesWhere({ ...lensOf(), split: panel.split }), ...(isBounded() ? seriesWhere({ method: "model", metric: "accuracy", split: panel.split }) : []),
  ].filter(inGroup(panel.group)))),
  ...plotlyPictures(emergencePlot),
};
