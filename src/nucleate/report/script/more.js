// Sections that only some runs have: a bar per site for each split or control, at the last step.
const BARS = [
  { id: "unseen", method: "unseen" },
  { id: "causes", method: "intervene" },
];

const rowsOfMethod = (method) => series.filter((one) => one.method === method);

function drawBars({ id, method }) {
  const all = rowsOfMethod(method);
  if (!all.length) return null;
  const select = element(`${id}-metric`), metrics = distinct(all.map((one) => one.metric));
  fill(select, metrics, metricWords, select.value || metrics[0]);
  const shown = barRows(method, select.value || metrics[0]), sites = sitesOf(shown);
  const kinds = distinct(shown.map(kindOf));
  const traces = kinds.map((kind, index) => {
    const rows = sites.map((site) => shown.find((one) => one.site === site && kindOf(one) === kind));
    return { type: "bar", x: sites.map((site) => plotlyText(site ? siteWords(site) : "all")), y: rows.map((one) => one?.value.at(-1) ?? null), name: plotlyText(kind), hoverinfo: "none",
      marker: { color: kind.includes("·") || index ? hueOf(index) : siteColour(sites.at(-1)), opacity: /control/.test(kind) ? 0.45 : 0.95 }, customdata: rows.map((one) => ({ one, kind })),
      error_y: { type: "data", symmetric: false, array: rows.map((one) => (one ? one.high.at(-1) - one.value.at(-1) : 0)), arrayminus: rows.map((one) => (one ? one.value.at(-1) - one.low.at(-1) : 0)), color: css("--soft"), thickness: 1.2, width: 0 } };
  });
  const plot = element(`${id}-plot`);
  element(`${id}-caption`).textContent = `${metricWords(select.value || metrics[0])} at the last step measured, by layer. ${kinds.length} series: ${kinds.join("; ")}.`;
  return Plotly.react(plot, traces, layout({ barmode: "group", bargap: 0.3, height: 380, showlegend: kinds.length > 1, legend: { orientation: "h", y: 1.14, x: 0 }, xaxis: { showgrid: false }, yaxis: { rangemode: "tozero" }, margin: { l: 48, r: 4, t: 30, b: 40 } }), CONFIG);
}

const barRows = (method, metric) => rowsOfMethod(method).filter((one) => one.metric === metric && inGroup(state.group)(one));
const kindOf = (one) => [plain(one.split), one.position && positionWords(one.position), one.factor && plain(one.factor), one.control !== "none" && `control: ${plain(one.control)}`].filter(Boolean).join(" · ");

function barTip({ points, event }) {
  const { one, kind } = points[0].customdata;
  if (one) showTip(event.clientX, event.clientY, kind, [["layer", one.site ? siteWords(one.site) : "all"], ["value", number(one.value.at(-1), 3)], ["95 %", `${number(one.low.at(-1), 3)} to ${number(one.high.at(-1), 3)}`], ["examples", String(one.n_examples.at(-1))]]);
}

for (const { id, method } of BARS) {
  const there = rowsOfMethod(method).length > 0;
  for (const part of document.querySelectorAll(`[data-when=${id}]`)) part.hidden = !there;
  element(`${id}-metric`).addEventListener("change", () => drawBars({ id, method }));
  figures[id] = { table: () => tableOf(rowsOfMethod(method)), ...plotlyPictures(element(`${id}-plot`)) };
}
const drawMore = () => Promise.all(BARS.map(drawBars));
const hasClusters = runPoints.some(Boolean);
for (const part of document.querySelectorAll("[data-when=clusters]")) part.hidden = !hasClusters;
