// The first figure: the same states as pictures, layers upwards, steps to the right, and under each what the picture cannot be
// trusted with: how well clusters of the states themselves agree. A picture chosen here is chosen everywhere.
import { distinct, element, page } from "../data/decode.js";
import { isBounded, oneStep, overRuns, seriesWhere, stepsOfMeasure } from "../data/series.js";
import { factorWords, layerOf, measureWords, metricWords, number, plain, positionWords, siteWords } from "../data/words.js";
import { runPoints } from "../data/points.js";
import { choices, choose, inGroup, lensOf, state } from "../state/state.js";
import { narrow } from "../charts/colors.js";
import { tell } from "../charts/terms.js";
import { CLUSTERS, RIGHT } from "../points/labels.js";
import { coordinatesOf, paintPoints } from "../points/map.js";

const grid = element("moments");
const MOST = { steps: 6, narrowSteps: 3, layers: 4, alone: 6 };

/** Up to `most` of `list`, evenly by `place`, with the first and the last. */
function spread(list, place, most) {
  if (list.length <= most) return list;
  const [low, high] = [place(list[0]), place(list.at(-1))];
  return distinct(Array.from({ length: most }, (_, i) => {
    const wanted = low + ((high - low) * i) / (most - 1);
    return list.reduce((a, b) => (Math.abs(place(b) - wanted) < Math.abs(place(a) - wanted) ? b : a));
  }));
}

/** What is shown: sites upwards and steps; nothing where the run has no points at this position, or several runs share the page. */
function shownNow() {
  const points = runPoints[0], layers = choices().site.filter((site) => layerOf(site) !== null);
  if (!points || page.runs.length > 1) return null;
  const embedding = ["tsne", "pca"].find((name) => layers.length && points.place(`${name}/${state.position}/${layers.at(-1)}`));
  if (!embedding) return null;
  const there = layers.filter((site) => points.place(`${embedding}/${state.position}/${site}`)), { steps } = points.place(`${embedding}/${state.position}/${there.at(-1)}`);
  return { embedding, sites: spread(there, layerOf, steps.length > 1 ? MOST.layers : MOST.alone), steps: spread(steps, Number, narrow.matches ? MOST.narrowSteps : MOST.steps) };
}

/** What a picture's states score, as the bar above says: the measure at that site and step. */
function scoreOf(site, step) {
  const one = overRuns(seriesWhere({ ...lensOf(), split: state.split, site, control: "none" }).filter(inGroup(state.group)));
  const i = one ? one.step.indexOf(step) : -1;
  return i < 0 ? null : one.value[i];
}

/** Labels that no token says. */
const NEVER_SHOWN = new Set(["task", "dialect"]);
let shownBefore = "";
export function drawFirst() {
  if (!grid) return; // a page of several runs, or of a run without points, has no such figure
  const shown = shownNow(), figure = grid.closest("figure");
  figure.hidden = !shown;
  if (!shown) return;
  const { embedding, sites, steps } = shown, alone = steps.length === 1, key = JSON.stringify(shown) + state.position;
  if (key !== shownBefore) {
    grid.style.gridTemplateColumns = alone ? `repeat(${narrow.matches ? Math.min(3, sites.length) : sites.length}, minmax(0, 1fr))` : `max-content repeat(${steps.length}, minmax(0, 1fr))`;
    grid.classList.toggle("alone", alone);
    grid.replaceChildren(...(alone ? sites.map((site) => panelOf(site, steps[0], alone)) : [...sites.toReversed().flatMap((site) => [heading(siteWords(site)), ...steps.map((step) => panelOf(site, step, alone))]), heading(""), ...steps.map((step) => heading(`step ${step}`))]));
    shownBefore = key;
  }
  paintFirst();
  describe(embedding, steps, sites);
}
/** Only the points, as they are lit and colored now. */
export function paintFirst() {
  const shown = grid && shownNow();
  if (!shown || grid.closest("figure").hidden) return;
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (grid.querySelectorAll("button"))) {
    const { site, step } = button.dataset, picture = button.querySelector("canvas"), size = picture.clientWidth, value = scoreOf(site, Number(step)), words = value === null ? "not measured" : number(value);
    const at = coordinatesOf(runPoints[0].place(`${shown.embedding}/${state.position}/${site}`), Number(step));
    if (size) paintPoints(picture, at, size, Math.max(1.5, size / 85));
    button.querySelector("span").textContent = shown.steps.length === 1 ? `${siteWords(site)}: ${words}` : words;
    button.setAttribute("aria-label", `${siteWords(site)}, step ${step}: ${metricWords(state.measure.split("/")[1])} of the states ${words}; show it in Clusters`);
    button.setAttribute("aria-pressed", String(site === state.site && Number(step) === state.step));
  }
}

function heading(words) {
  const made = document.createElement("span");
  made.className = "axis";
  made.textContent = words;
  return made;
}
function panelOf(site, step, alone) {
  const button = document.createElement("button"), picture = document.createElement("canvas"), words = document.createElement("span");
  button.type = "button";
  Object.assign(button.dataset, { site, step: String(step) });
  picture.setAttribute("aria-hidden", "true");
  button.append(picture, words);
  button.addEventListener("click", () => { choose({ site, step }); element(alone ? "atlas" : "clusters").scrollIntoView(); });
  return button;
}

function describe(embedding, steps, sites) {
  const map = embedding === "tsne" ? "t-SNE of the hidden states" : "The hidden states along their two principal axes", n = runPoints[0].place(`${embedding}/${state.position}/${sites[0]}`).n;
  const warning = embedding === "tsne" ? "t-SNE exaggerates: it can show islands where there is little structure, even in noise. " : "Two axes cannot separate many groups. ";
  const colored = [CLUSTERS, RIGHT].includes(state.color) ? `colored by ${state.color}` : `colored by ${factorWords(state.color)}, which ${NEVER_SHOWN.has(state.color) && !oneStep ? "the model was never shown" : "had no part in placing them"}`;
  const measured = stepsOfMeasure.get(state.measure) ?? [], missing = steps.some((step) => !measured.includes(step));
  tell(element("moments-caption"), `${map}: the same ${n.toLocaleString("en")} instances ${oneStep ? "at a few depths of the model" : "layer by layer and step by step"}, read at the ${positionWords(state.position)} and ${colored}. ${warning}` +
    `So the number under each picture is the evidence: ${measureWords(state.measure)}${isBounded(state.measure) ? ", at most 1," : ""} of the states themselves (${plain(state.split)}), not of the picture.${missing ? " This measure was not taken at every step." : ""}`);
}
