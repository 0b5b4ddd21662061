// Sections that only some runs have: a figure per layer at a step, beside its controls.
const MORE = [
  { id: "unseen", method: "unseen", itself: "the model", choices: { metric: "Show", split: "on", position: "at", factor: "for", preparation: "" }, prefer: { metric: "assignment_accuracy", split: "unseen_dialect" } },
  { id: "causes", method: "intervene", itself: "the intervention", choices: { factor: "Do", preparation: "with", metric: "and show", position: "at", split: "on" }, prefer: { factor: "shift", preparation: "strength 1", metric: "becomes_b" }, columns: { factor: "intervention", preparation: "strength" } },
];
const WORDS = { metric: metricWords, position: positionWords, step: String };

const rowsOfMethod = (method) => series.filter((one) => one.method === method && inGroup(state.group)(one));

/** The rows that the section's own selects leave, each filled with what the ones before it leave. */
function rowsChosen({ id, method, choices, prefer }) {
  let rows = rowsOfMethod(method);
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

/** A series' numbers at one step; null where it was not measured there. */
function atStep(one, step) {
  const i = one ? one.step.indexOf(step) : -1;
  return i < 0 ? null : { one, step, value: one.value[i], low: one.low[i], high: one.high[i], n_examples: one.n_examples[i] };
}

function drawMoreOf(section) {
  if (!rowsOfMethod(section.method).length) return null;
  const rows = rowsChosen(section), sites = sitesOf(rows), plot = element(`${section.id}-plot`);
  const step = stepChosen(section, rows), controls = distinct(rows.map((one) => one.control)).sort((a, b) => (b === "none") - (a === "none"));
  const traces = controls.map((control, index) => {
    const at = sites.map((site) => atStep(overRuns(rows.filter((one) => one.site === site && one.control === control)), step));
    const colour = control === "none" ? css("--accent") : css("--control");
    return {
      x: sites.map((site) => plotlyText(site ? siteWords(site) : "all")), y: at.map((one) => one?.value ?? null), mode: "lines+markers", hoverinfo: "none",
      name: plotlyText(control === "none" ? section.itself : plain(control)), line: { color: colour, width: control === "none" ? 3 : 1.6, dash: ["solid", "dash", "dot", "dashdot"][index % 4] },
      marker: { size: control === "none" ? 9 : 7, color: colour, symbol: ["circle", "square", "triangle-up", "diamond", "x"][index % 5] }, customdata: at.map((one) => ({ one, control })),
      error_y: { type: "data", symmetric: false, thickness: 1.4, width: 0, color: colour, array: at.map((one) => reach(one, "high")), arrayminus: at.map((one) => reach(one, "low")) },
    };
  });
  const words = metricWords(rows[0].metric), top = Math.max(...traces.flatMap((one) => one.y.map((value, i) => (value ?? 0) + one.error_y.array[i])));
  const lowest = Math.min(...traces.flatMap((one) => one.y.map((value, i) => (value ?? 0) - one.error_y.arrayminus[i])));
  const isShare = top <= 1 && lowest >= -0.001 && rows[0].metric !== "kl", bars = runsOfGroup(state.group).length > 1 ? "bars reach from the lowest seed to the highest" : "bars are 95 % intervals";
  element(`${section.id}-caption`).textContent = `By layer, at step ${step}: ${words}; ${bars}. ${controls.length > 1 ? "Grey lines are controls." : "No control was measured here."}`;
  plot.setAttribute("aria-label", traces.map((one) => `${one.name}: ${one.y.map((value) => number(value)).join(", ")}`).join("; "));
  plot.style.height = "420px";
  return Plotly.react(plot, traces, layout({
    height: 420, showlegend: controls.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, margin: { l: 56, r: 8, t: 40, b: 40 },
    xaxis: { showgrid: false }, yaxis: { ...(isShare ? { range: [-0.02, 1.03] } : { rangemode: "tozero" }), automargin: true, title: { standoff: 12, text: narrow.matches ? "" : plotlyText(words) } },
  }), CONFIG);
}
const reach = (one, end) => (one && Number.isFinite(one[end]) ? Math.abs(one[end] - one.value) : 0);

function moreTip({ points, event }) {
  const { one, control } = points[0].customdata;
  if (one) showTip(event.clientX, event.clientY, control === "none" ? "itself" : `control: ${plain(control)}`, [
    ["layer", one.one.site ? siteWords(one.one.site) : "all"], ["step", String(one.step)], ["value", number(one.value, 3)],
    ["95 %", `${number(one.low, 3)} to ${number(one.high, 3)}`], ["examples", String(one.n_examples ?? "")]]);
}

for (const section of MORE) {
  const there = series.some((one) => one.method === section.method), bar = element(`${section.id}-controls`);
  for (const part of document.querySelectorAll(`[data-when=${section.id}]`)) part.hidden = !there;
  for (const [name, question] of Object.entries({ ...section.choices, step: "step" }).reverse()) {
    const label = document.createElement("label"), select = document.createElement("select");
    select.id = `${section.id}-${name}`;
    select.setAttribute("aria-label", plain(name));
    select.addEventListener("change", () => drawMoreOf(section));
    label.append(question, select);
    bar.prepend(label);
  }
  const { columns = {} } = section, table = () => { const [header, ...rows] = tableOf(rowsOfMethod(section.method)); return [header.map((name) => columns[name] ?? name), ...rows]; };
  figures[section.id] = { table, ...plotlyPictures(element(`${section.id}-plot`)) };
}
const drawMore = () => Promise.all(MORE.map(drawMoreOf));
const hasClusters = runPoints.some(Boolean);
for (const part of document.querySelectorAll("[data-when=clusters]")) part.hidden = !hasClusters;
