// Sections that only some runs have: a figure per layer at the last step measured, beside its controls.
const MORE = [
  { id: "unseen", method: "unseen", itself: "the model", choices: { metric: "Show", split: "on", position: "at", factor: "for", preparation: "" }, prefer: { metric: "assignment_accuracy", split: "unseen_dialect" } },
  { id: "causes", method: "intervene", itself: "the intervention", choices: { factor: "Do", preparation: "with", metric: "and show", position: "at", split: "on" }, prefer: { factor: "shift", preparation: "strength 1", metric: "becomes_b" } },
];
const MORE_METRICS = { becomes_b: "answers that become the other task's", stays_a: "answers that stay", other: "answers that are neither's", kl: "divergence from the untouched answer, nats", acted: "instances on which anything changed", right: "wrong answers put right", auroc: "AUROC of membership for a right answer" };
const moreMetricWords = (metric) => MORE_METRICS[metric] ?? metricWords(metric);
const WORDS = { metric: moreMetricWords, position: positionWords };

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

function drawMoreOf(section) {
  if (!rowsOfMethod(section.method).length) return null;
  const rows = rowsChosen(section), sites = sitesOf(rows), plot = element(`${section.id}-plot`);
  const controls = distinct(rows.map((one) => one.control)).sort((a, b) => (b === "none") - (a === "none"));
  const traces = controls.map((control, index) => {
    const at = sites.map((site) => overRuns(rows.filter((one) => one.site === site && one.control === control)));
    const colour = control === "none" ? css("--accent") : css("--control");
    return {
      x: sites.map((site) => plotlyText(site ? siteWords(site) : "all")), y: at.map((one) => one?.value.at(-1) ?? null), mode: "lines+markers", hoverinfo: "none",
      name: plotlyText(control === "none" ? section.itself : plain(control)), line: { color: colour, width: control === "none" ? 3 : 1.6, dash: ["solid", "dash", "dot", "dashdot"][index % 4] },
      marker: { size: control === "none" ? 9 : 7, color: colour, symbol: ["circle", "square", "triangle-up", "diamond", "x"][index % 5] }, customdata: at.map((one) => ({ one, control })),
      error_y: { type: "data", symmetric: false, thickness: 1.4, width: 0, color: colour, array: at.map((one) => reach(one, "high")), arrayminus: at.map((one) => reach(one, "low")) },
    };
  });
  element(`${section.id}-caption`).textContent = `By layer: ${moreMetricWords(rows[0].metric)}, at the last step measured; bars are 95 % intervals. ${controls.length > 1 ? "Grey lines are controls." : "No control was measured here."}`;
  plot.setAttribute("aria-label", traces.map((one) => `${one.name}: ${one.y.map((value) => number(value)).join(", ")}`).join("; "));
  plot.style.height = "420px";
  return Plotly.react(plot, traces, layout({
    height: 420, showlegend: controls.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, margin: { l: 56, r: 8, t: 40, b: 40 },
    xaxis: { showgrid: false }, yaxis: { rangemode: "tozero", automargin: true, title: { standoff: 12, text: plotlyText(moreMetricWords(rows[0].metric)) } },
  }), CONFIG);
}
const reach = (one, end) => (one && Number.isFinite(one[end].at(-1)) ? Math.abs(one[end].at(-1) - one.value.at(-1)) : 0);

function moreTip({ points, event }) {
  const { one, control } = points[0].customdata;
  if (one) showTip(event.clientX, event.clientY, control === "none" ? "itself" : `control: ${plain(control)}`, [
    ["layer", one.site ? siteWords(one.site) : "all"], ["step", String(one.step.at(-1))], ["value", number(one.value.at(-1), 3)],
    ["95 %", `${number(one.low.at(-1), 3)} to ${number(one.high.at(-1), 3)}`], ["examples", String(one.n_examples.at(-1))]]);
}

for (const section of MORE) {
  const there = series.some((one) => one.method === section.method), bar = element(`${section.id}-controls`);
  for (const part of document.querySelectorAll(`[data-when=${section.id}]`)) part.hidden = !there;
  for (const [name, question] of Object.entries(section.choices).reverse()) {
    const label = document.createElement("label"), select = document.createElement("select");
    select.id = `${section.id}-${name}`;
    select.setAttribute("aria-label", plain(name));
    select.addEventListener("change", () => drawMoreOf(section));
    label.append(question, select);
    bar.prepend(label);
  }
  figures[section.id] = { table: () => tableOf(rowsOfMethod(section.method)), ...plotlyPictures(element(`${section.id}-plot`)) };
}
const drawMore = () => Promise.all(MORE.map(drawMoreOf));
const hasClusters = runPoints.some(Boolean);
for (const part of document.querySelectorAll("[data-when=clusters]")) part.hidden = !hasClusters;
