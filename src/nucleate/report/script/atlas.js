// Layer by step as a map of one colour scale; a cell chosen here is chosen everywhere. Where there is one step, a
// column is a factor.
const atlasPlot = element("atlas-plot"), atlasFrame = element("atlas-frame");

const atlasColumns = () => (oneStep ? factorsShown() : choices().step);
const atlasLinesOf = (factor) => linesOf({ split: state.split, group: state.group, factor });
const atlasSites = () => atlasLinesOf(state.factor).map((one) => one.site);
const columnWords = (column) => (oneStep ? factorWords(column) : String(column));
const columnChosen = () => (oneStep ? state.factor : state.step);
const columnChange = (column) => (oneStep ? { factor: column } : { step: column });

/** The value of every cell: a row per site, a column per step or factor; null where nothing was measured. */
function atlasValues(sites, columns) {
  const bySite = (lines) => new Map(lines.map((one) => [one.site, one]));
  const all = oneStep ? columns.map((factor) => bySite(atlasLinesOf(factor))) : bySite(atlasLinesOf(state.factor));
  return sites.map((site) => columns.map((column, i) => {
    const one = oneStep ? all[i].get(site) : all.get(site), at = oneStep ? 0 : one.step.indexOf(column);
    return one && at >= 0 ? one.value[at] : null;
  }));
}

function drawAtlas() {
  const sites = atlasSites(), columns = atlasColumns(), z = atlasValues(sites, columns), low = narrow.matches;
  const top = isBounded() ? 1 : Math.max(...z.flat().filter(Number.isFinite)), longest = Math.max(...columns.map((one) => columnWords(one).length));
  const rowHeight = sites.length > 16 ? 22 : 40, height = Math.max(280, rowHeight * sites.length + 96), every = Math.ceil(columns.length / (low ? (oneStep ? 4 : 6) : 16));
  const shown = columns.map((_, i) => i).filter((i) => i % every === 0 || i === columns.length - 1);
  atlasPlot.style.height = `${height}px`;
  const map = {
    type: "heatmap", z, x: columns.map((_, i) => i), y: sites.map((_, i) => i), zmin: 0, zmax: top, xgap: 2, ygap: 2, hoverinfo: "none",
    colorscale: [0, 0.25, 0.5, 0.75, 1].map((t) => [t, heat(t)]),
    colorbar: { thickness: 12, outlinewidth: 0, len: 1, ticks: "", tickfont: { size: 12 }, x: low ? 1.01 : 1.005 },
  };
  const words = (i) => { const text = columnWords(columns[i]); return plotlyText(text.length > 18 ? `${text.slice(0, 17)}…` : text); };
  const extra = {
    xaxis: { tickvals: shown, ticktext: shown.map(words), showgrid: false, showline: false, title: { text: oneStep ? "" : "step", standoff: 6 }, tickangle: low && oneStep && longest > 8 ? -30 : 0, automargin: oneStep },
    yaxis: { tickvals: sites.map((_, i) => i), ticktext: sites.map((site) => plotlyText(siteWords(site))), showgrid: false, showline: false },
    shapes: cellShape(sites, columns), annotations: low || columns.length > 20 || rowHeight < 30 ? [] : cellTexts(z, top), height, margin: { l: 84, r: 4, t: 6, b: 46 },
  };
  const group = several ? `, ${page.groups[state.group]}` : "";
  element("atlas-caption").textContent = `${capital(measureWords(state.measure))} with ${oneStep ? "every label" : factorWords(state.factor)} at the ${positionWords(state.position)}, ${plain(state.split)}${group}.` +
    (oneStep ? "" : ` Steps are those of the checkpoints, not evenly spaced.`);
  readAtlas();
  return Plotly.react(atlasPlot, [map], layout(extra), CONFIG);
}

const cellTexts = (z, top) => z.flatMap((row, y) => row.map((value, x) => ({
  text: value === null ? "" : number(value), x, y, showarrow: false, font: { size: 12, color: value / top > 0.55 ? (dark.matches ? "#10241f" : "#ffffff") : css("--ink") },
})));

function cellShape(sites, columns) {
  const x = columns.indexOf(columnChosen()), y = sites.indexOf(state.site);
  if (x < 0 || y < 0) return [];
  return [{ type: "rect", x0: x - 0.5, x1: x + 0.5, y0: y - 0.5, y1: y + 0.5, line: { color: css("--fails"), width: 3 }, name: "chosen" }];
}

function readAtlas() {
  const one = atlasLinesOf(state.factor).find((line) => line.site === state.site), i = one ? (oneStep ? 0 : one.step.indexOf(state.step)) : -1;
  const value = i < 0 ? "not measured" : number(one.value[i], 3);
  element("atlas-readout").textContent = `${siteWords(state.site)}, ${oneStep ? "" : "step "}${columnWords(columnChosen())}: ${value}`;
}

const within = (list, index) => list[Math.min(Math.max(index, 0), list.length - 1)];
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-1e6, 0], End: [1e6, 0] };

function moveInAtlas(event) {
  const columns = atlasColumns(), sites = atlasSites(), move = MOVES[event.key];
  if (!move) return;
  event.preventDefault();
  const column = oneStep ? columns.indexOf(state.factor) : columns.indexOf(nearest(columns, state.step));
  choose({ ...columnChange(within(columns, column + move[0])), site: within(sites, sites.indexOf(state.site) + move[1]) });
}

function chooseCell({ points }) {
  const { x, y } = points[0];
  choose({ ...columnChange(atlasColumns()[x]), site: atlasSites()[y] });
}

function cellTip({ points, event }) {
  const { x, y, z } = points[0];
  showTip(event.clientX, event.clientY, siteWords(atlasSites()[y]), [[oneStep ? "label" : "step", columnWords(atlasColumns()[x])], ["value", number(z, 3)]]);
}

figures.atlas = {
  table: () => tableOf((oneStep ? factorsShown() : [state.factor]).flatMap((factor) => seriesWhere({ ...lensOf({ factor }), split: state.split, control: "none" }).filter(inGroup(state.group)))),
  ...plotlyPictures(atlasPlot),
};
