// Agreement layer by layer, where there is one step: a line per factor, a panel per split.
import { distinct, element } from "../data/decode.js";
import { seriesWhere, sitesOf, withoutLabel } from "../data/series.js";
import { capital, factorWords, measureWords, metricWords, number, positionWords, preparationWords, siteWords } from "../data/words.js";
import { choices, choose, lensOf, state } from "../state/state.js";
import { SHAPES, hueOf, narrow } from "../charts/colors.js";
import { tell } from "../charts/terms.js";
import { drawCurves } from "../charts/curves.js";
import { controlSentence, controlToName, controlsOf, linesOf, panels, rangeOf, tipOf } from "./emergence.js";

const sitesShown = () => sitesOf(seriesWhere({ ...lensOf(), control: "none" }));
export const placeOfSite = (site) => sitesShown().indexOf(site);
export const factorsShown = () => (withoutLabel.has(state.measure) ? [state.factor] : choices().factor.filter((factor) => linesOf({ split: state.split, group: state.group, factor }).length));
const factorColor = (factor) => hueOf(choices().factor.indexOf(factor));

export function drawProfile(host) {
  const sites = sitesShown(), factors = factorsShown(), every = Math.ceil(sites.length / (narrow.matches ? 6 : 12));
  const drawn = panels().map((panel) => ({ panel, accuracy: null, controls: controlsOf(panel), all: factors.map((factor) => linesOf({ ...panel, factor })).filter((lines) => lines.length) }));
  const [from, to] = rangeOf(drawn.map((one) => ({ lines: one.all.flat(), accuracy: null, controls: one.controls })));
  const ticks = sites.map((site, at) => ({ at, text: siteWords(site).replace("layer ", "") })).filter((_, i) => i % every === 0);
  drawCurves(host, {
    panels: drawn.map(({ panel, controls, all }) => ({
      title: panel.title, levels: controls, lines: all.map((lines) => lineOf(lines, sites)),
      names: [...all.map((lines) => ({ words: factorWords(nameOf(lines)), value: lines.at(-1).value.at(-1), color: factorColor(nameOf(lines)), shape: shapeOf(nameOf(lines)), chosen: nameOf(lines) === state.factor })), ...controls.map(controlToName)],
    })),
    x: { from: -0.3, to: sites.length - 0.7, ticks, title: "layer" }, y: { from, to, title: metricWords(state.measure.split("/")[1]) },
    chosen: sites.indexOf(state.site), label: describe(drawn), tipOf: (line, mark) => { const [, rows] = tipOf(line, mark); return [`${line.name}, ${siteWords(mark.one.site)}`, rows.filter(([name]) => name !== "step")]; },
    pick: (line, mark) => choose({ site: mark.one.site, factor: line.factor }),
  });
}
const nameOf = (lines) => lines[0].factor || state.factor;
const shapeOf = (factor) => SHAPES[choices().factor.indexOf(factor) % SHAPES.length];

function lineOf(lines, sites) {
  const factor = nameOf(lines), chosen = factor === state.factor;
  return { name: factorWords(factor), factor, color: factorColor(factor), shape: shapeOf(factor), width: chosen ? 3.4 : 1.7, chosen, joined: true, quiet: !chosen && lines.length > 16,
    marks: lines.map((one) => ({ x: sites.indexOf(one.site), y: one.value.at(-1), low: one.low.at(-1), high: one.high.at(-1), step: one.step.at(-1), i: one.step.length - 1, one })) };
}

function describe(drawn) {
  const controls = distinct(drawn.flatMap((one) => one.controls.map(({ control }) => control)));
  tell(element("emergence-caption"), `${capital(measureWords(state.measure))} of clusters with every label, at the ${positionWords(state.position)}, ${preparationWords(state.preparation)} states. ` +
    `Lines are labels, the bold one is ${factorWords(state.factor)}; bands are 95 % intervals. ${controlSentence(controls).replace("controls (", `controls of ${factorWords(state.factor)} (`).replace(" at the last step", "")}`);
  return `Agreement by layer. ${drawn.flatMap(({ panel, all }) => all.flatMap((lines) => lines.map((one) => `${panel.title}, ${factorWords(nameOf(lines))}, ${siteWords(one.site)}: ${number(one.value.at(-1))}`))).join("; ")}.`;
}
