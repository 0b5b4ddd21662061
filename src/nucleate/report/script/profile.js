// Agreement layer by layer, where there is one step: a line per factor, a panel per split.
const sitesShown = () => sitesOf(seriesWhere({ ...lensOf(), control: "none" }));
const factorsShown = () => choices().factor.filter((factor) => linesOf({ split: state.split, group: state.group, factor }).length);

function drawProfile() {
  const shown = panels(), sites = sitesShown(), grid = gridOf(shown.length), traces = [], annotations = [], shapes = [], axes = {};
  const drawn = shown.map((panel) => ({ panel, accuracy: null, controls: controlsOf(panel), lines: linesOf(panel), all: factorsShown().map((factor) => linesOf({ ...panel, factor })) }));
  const [bottom, top] = rangeOf(drawn.map((one) => ({ lines: one.all.flat(), accuracy: null }))), gap = ((top - bottom) * LABEL_PX) / grid.panelHeight;
  const every = Math.ceil(sites.length / (narrow.matches ? 6 : 9)), named = sites.map((_, i) => i).filter((i) => i % every === 0);
  drawn.forEach(({ panel, controls, all }, index) => {
    const tag = index ? index + 1 : "", x = `x${tag}`, y = `y${tag}`, { column, from, to, rows } = grid.place(index);
    axes[`xaxis${tag}`] = { domain: [from, to], anchor: y, range: [-0.3, sites.length - 0.7], showgrid: false, ticks: "outside", tickangle: 0, tickvals: named, ticktext: named.map((i) => plotlyText(siteWords(sites[i]).replace("layer ", ""))), title: { text: "layer", standoff: 6 } };
    axes[`yaxis${tag}`] = { domain: rows, anchor: x, range: [bottom, top], title: { text: column === 0 && !narrow.matches ? plotlyText(metricWords(state.measure.split("/")[1])) : "" }, showticklabels: column === 0 };
    annotations.push({ text: `<b>${plotlyText(panel.title)}</b>`, x: from, y: rows[1] + 10 / grid.height, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false, font: { color: css("--ink"), size: 15 } });
    drawControls(controls, { x, y, gap }, shapes);
    for (const lines of all) drawFactor(lines, sites, { x, y, panel }, traces);
    const ends = all.map((lines) => ({ words: factorWords(lines[0].factor), value: lines.at(-1).value.at(-1), colour: factorColour(lines[0].factor), chosen: lines[0].factor === state.factor }));
    nameLines([...ends, ...controls.map(controlToName)], { x, y, gap, top }, annotations);
    const at = sites.indexOf(state.site);
    shapes.push({ type: "line", xref: x, yref: `${y} domain`, x0: at, x1: at, y0: 0, y1: 1, line: { color: css("--soft"), width: 1, dash: "dot" }, layer: "below", name: "chosen" });
  });
  emergencePlot.style.height = `${grid.height}px`;
  describeProfile(drawn);
  return Plotly.react(emergencePlot, traces, layout({ ...axes, annotations, shapes, height: grid.height, margin: { l: narrow.matches ? 38 : 62, r: 4, t: MARGIN.top, b: MARGIN.bottom } }), CONFIG);
}

const factorColour = (factor) => `rgb(${hex(hueOf(choices().factor.indexOf(factor))).join(",")})`;

function drawFactor(lines, sites, { x, y, panel }, traces) {
  const { factor } = lines[0], colour = factorColour(factor), chosen = factor === state.factor, xs = lines.map((one) => sites.indexOf(one.site));
  const known = lines.map((_, i) => i).filter((i) => Number.isFinite(lines[i].low.at(-1)));
  if (known.length > 1) traces.push({
    x: [...known, ...known.toReversed()].map((i) => xs[i]), y: [...known.map((i) => lines[i].high.at(-1)), ...known.toReversed().map((i) => lines[i].low.at(-1))],
    xaxis: x, yaxis: y, mode: "lines", line: { width: 0 }, fill: "toself", fillcolor: faded(colour, chosen ? 0.24 : 0.08), hoverinfo: "skip", name: "band",
  });
  traces.push({
    x: xs, y: lines.map((one) => one.value.at(-1)), xaxis: x, yaxis: y, mode: "lines+markers", name: plotlyText(factorWords(factor)), hoverinfo: "none",
    line: { color: colour, width: chosen ? 3.6 : 1.7 }, marker: { size: chosen ? 7 : 5, color: colour, symbol: ["circle", "square", "triangle-up", "diamond", "x"][choices().factor.indexOf(factor) % 5] },
    customdata: lines.map((one) => ({ step: one.step.at(-1), i: one.step.length - 1, one, panel })),
  });
}

function describeProfile(drawn) {
  const controls = distinct(drawn.flatMap((one) => one.controls.map(({ control }) => plain(control))));
  element("emergence-caption").textContent = `${capital(measureWords(state.measure))} of clusters with every label, read at the ${positionWords(state.position)}, states ${preparationWords(state.preparation)}. ` +
    `Lines are labels, the bold one is ${factorWords(state.factor)}; bands are 95 % intervals. ${controls.length ? `Grey levels are its controls (${controls.join(", ")}), over all layers.` : "This run has no control at this place."}`;
  const words = drawn.flatMap(({ panel, lines }) => lines.map((one) => `${panel.title}, ${siteWords(one.site)}: ${number(one.value.at(-1))}`));
  emergencePlot.setAttribute("aria-label", `Agreement with ${factorWords(state.factor)} by layer. ${words.join("; ")}.`);
}
