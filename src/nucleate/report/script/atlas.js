// Layer by step as a map of one colour scale; a cell chosen here is chosen everywhere.
const atlasPlot = element("atlas-plot"), atlasFrame = element("atlas-frame");

function atlasLines() {
  return linesOf({ split: state.split, group: state.group });
}

function drawAtlas() {
  const lines = atlasLines(), steps = choices().step, low = narrow.matches;
  const z = lines.map((one) => steps.map((step) => { const i = one.step.indexOf(step); return i < 0 ? null : one.value[i]; }));
  const top = isBounded() ? 1 : Math.max(...z.flat().filter(Number.isFinite));
  const height = Math.max(280, 40 * lines.length + 96), every = Math.ceil(steps.length / (low ? 6 : 16));
  const shown = steps.map((_, i) => i).filter((i) => i % every === 0 || i === steps.length - 1);
  atlasPlot.style.height = `${height}px`;
  const map = {
    type: "heatmap", z, x: steps.map((_, i) => i), y: lines.map((_, i) => i), zmin: 0, zmax: top, xgap: 2, ygap: 2, hoverinfo: "none",
    colorscale: [0, 0.25, 0.5, 0.75, 1].map((t) => [t, heat(t)]),
    colorbar: { thickness: 12, outlinewidth: 0, len: 1, ticks: "", tickfont: { size: 12 }, x: low ? 1.01 : 1.005 },
  };
  const extra = {
    xaxis: { tickvals: shown, ticktext: shown.map((i) => String(steps[i])), showgrid: false, showline: false, title: { text: "step", standoff: 6 }, tickangle: 0 },
    yaxis: { tickvals: lines.map((_, i) => i), ticktext: lines.map((one) => plotlyText(siteWords(one.site))), showgrid: false, showline: false },
    shapes: cellShape(lines, steps), annotations: low || steps.length > 20 ? [] : cellTexts(z, top), height, margin: { l: 84, r: 4, t: 6, b: 46 },
  };
  element("atlas-caption").textContent = `${measureWords(state.measure)} with ${factorWords(state.factor)} at the ${positionWords(state.position)}, ${plain(state.split)}` +
    `${several ? `, ${page.groups[state.group]}` : ""}. Steps are those of the checkpoints, not evenly spaced.`;
  readAtlas(lines);
  return Plotly.react(atlasPlot, [map], layout(extra), CONFIG);
}

const cellTexts = (z, top) => z.flatMap((row, y) => row.map((value, x) => ({
  text: value === null ? "" : number(value), x, y, showarrow: false, font: { size: 12, color: value / top > 0.55 ? (dark.matches ? "#10241f" : "#ffffff") : css("--ink") },
})));

function cellShape(lines, steps) {
  const x = steps.indexOf(state.step), y = lines.findIndex((one) => one.site === state.site);
  if (x < 0 || y < 0) return [];
  return [{ type: "rect", x0: x - 0.5, x1: x + 0.5, y0: y - 0.5, y1: y + 0.5, line: { color: css("--fails"), width: 3 }, name: "chosen" }];
}

function readAtlas(lines = atlasLines()) {
  const one = lines.find((line) => line.site === state.site), i = one ? one.step.indexOf(state.step) : -1;
  const value = i < 0 ? "not measured" : number(one.value[i], 3);
  element("atlas-readout").textContent = `${siteWords(state.site)}, step ${state.step}: ${value}`;
}

function moveInAtlas(event) {
  const { step: steps, site: sites } = choices();
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-1e6, 0], End: [1e6, 0] };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  const within = (list, index) => list[Math.min(Math.max(index, 0), list.length - 1)];
  choose({ step: within(steps, steps.indexOf(nearest(steps, state.step)) + move[0]), site: within(sites, sites.indexOf(state.site) + move[1]) });
}

function chooseCell({ points }) {
  const { x, y } = points[0];
  choose({ step: choices().step[x], site: atlasLines()[y].site });
}

function cellTip({ points, event }) {
  const { x, y, z } = points[0];
  showTip(event.clientX, event.clientY, siteWords(atlasLines()[y].site), [["step", String(choices().step[x])], ["value", number(z, 3)]]);
}

figures.atlas = { table: () => tableOf(seriesWhere({ ...lensOf(), split: state.split, control: "none" }).filter(inGroup(state.group))), ...plotlyPictures(atlasPlot) };
