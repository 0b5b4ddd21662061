// Around the points: the player, the legend, and what the map is.
import { distinct, element, nearest, page } from "../data/decode.js";
import { oneStep } from "../data/series.js";
import { runPoints } from "../data/points.js";
import { bySplit, listed, plain, positionWords, preparationWords, siteWords } from "../data/words.js";
import { choices, choose, fill, runsOfGroup, state, stepsToChoose } from "../state/state.js";
import { shapePath } from "../charts/colors.js";
import { svg } from "../charts/svg.js";
import { CLUSTERS, MOST_NAMED, RIGHT, colorOfLabel, colorings, labelName, labeling, placeNow, pointsNow, shapeOfLabel } from "./labels.js";
import { drawMatrix } from "./matrix.js";
import { beside, paint, travel, view } from "./map.js";
import { chosenByChip, drawChips, select } from "./selection.js";
import { drawPin, drawTable } from "./table.js";

const FRAME_MS = 850;
let playing = 0;
const MAPS = { tsne: "t-SNE", pca: "principal axes", discriminant: "discriminant axes (uses the labels)" }, MAP_ORDER = Object.keys(MAPS);
export const embeddingsAt = (points, position, site) => distinct(Object.keys(points.frames).filter((name) => name.endsWith(`/${position}/${site}`)).map((name) => name.split("/")[0])).sort((a, b) => (MAP_ORDER.indexOf(a) + 9) % 9 - (MAP_ORDER.indexOf(b) + 9) % 9);

function fillControls() {
  const { site: sites } = choices(), steps = stepsToChoose(), points = pointsNow();
  fill(element("site"), sites, siteWords, state.site);
  fill(element("run"), runsOfGroup(state.group).filter((index) => runPoints[index]), (index) => page.runs[index].name, state.run);
  element("step").max = steps.length - 1;
  element("step").value = steps.indexOf(state.step);
  element("step").setAttribute("aria-valuetext", `step ${state.step}`);
  element("play").closest(".player").hidden = steps.length < 2;
  element("zoom").closest("label").hidden = steps.length < 2;
  element("step-readout").textContent = `${state.step} of ${steps.at(-1)}`;
  if (!points) return;
  const embeddings = embeddingsAt(points, state.position, state.site);
  if (embeddings.length && !embeddings.includes(state.embedding)) state.embedding = embeddings[0];
  fill(element("embedding"), embeddings, (name) => MAPS[name] ?? plain(name), state.embedding);
  if (!colorings().includes(state.color)) state.color = labelName() ?? CLUSTERS;
  fill(element("color"), colorings(), plain, state.color);
}

function drawLegend() {
  const { texts, code } = labeling(), present = new Set(code), legend = element("legend");
  const named = texts.map((text, index) => [text, index]).filter(([, index]) => present.has(index));
  legend.hidden = named.length > MOST_NAMED;
  legend.replaceChildren(...(legend.hidden ? [] : named.map(([text, index]) => {
    const button = document.createElement("button"), words = document.createElement("span");
    button.type = "button";
    button.dataset.label = String(index);
    button.setAttribute("aria-pressed", String(state.why === text));
    words.textContent = text;
    button.append(svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: shapePath(shapeOfLabel(index), 8, 8, 5.4), fill: colorOfLabel(index) })), words);
    return button;
  })));
}

const WHAT = {
  tsne: "t-SNE keeps neighbors together and exaggerates groups: distances between groups, and their sizes, mean little.",
  discriminant: "Discriminant axes use the labels: they are the two directions that best separate the labels on train, so train points separate by construction; look at the held-out ones.",
};
function describe() {
  const points = pointsNow(), place = placeNow(), n = place.n;
  const thinned = n < points.n_points_in_file ? `, of ${points.n_points_in_file.toLocaleString("en")} in the run's folder` : "";
  const steps = points.steps.length < points.n_steps_in_file ? ` ${points.steps.length} of ${points.n_steps_in_file} steps are kept.` : "";
  const picture = nearest(place.steps, state.step), other = picture === state.step ? "" : ` The map is that of step ${picture}, the nearest that has one.`;
  const map = WHAT[state.embedding] ?? `The axes are the two principal directions of the ${oneStep ? "states; " : "last step, "}${oneStep ? "" : "the same at every step, so what moves here moved in the model; "}two directions never show everything.`;
  const raw = state.preparation === "raw" ? "" : ` Points are of raw states, whatever was done to those above (${preparationWords(state.preparation)}).`;
  element("clusters-caption").textContent = `${n.toLocaleString("en")} instances${thinned}, a balanced sample of ${listed([...(points.columns.split?.texts ?? [])].sort(bySplit).map(plain))}, at the ${positionWords(state.position)}.${steps}${other} ${map} ` +
    `Clusters are k-means of the full states of these points, ${place.n_clusters} of them; they are for exploration; the scores above are the evidence.${raw}`;
}

/** The second map: at first the same layer where training began, or, of one step, the lowest layer. */
function drawBeside(moved) {
  const panel = element("beside"), steps = pointsNow().steps, sites = choices().site;
  if (state.two && !sites.includes(state.besideSite)) Object.assign(state, { besideSite: steps.length > 1 ? state.site : sites[0], besideStep: steps[0] });
  panel.hidden = !state.two;
  panel.parentElement.classList.toggle("two", state.two);
  element("two").checked = state.two;
  if (!state.two) return;
  if (!steps.includes(state.besideStep)) state.besideStep = nearest(steps, state.besideStep);
  fill(element("besideSite"), sites, siteWords, state.besideSite, true);
  fill(element("besideStep"), steps, String, state.besideStep);
  if (moved) travel(beside);
}

export function drawClusters(/** @type {Set<string>} */ changed = new Set()) {
  fillControls();
  const there = Boolean(pointsNow() && placeNow());
  element("confusion-note").hidden = !there;
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-save][data-figure=clusters]"))) button.disabled = !there;
  if (!there) {
    view.now = null;
    paint();
    element("clusters-caption").textContent = "This run has no points at this place.";
    drawTable();
    return;
  }
  chosenByChip();
  const moved = (...names) => ["position", "embedding", "zoom", "run", ...names].some((name) => changed.has(name)) || !changed.size;
  if (moved("step", "site", "two")) travel(); else paint();
  drawBeside(moved("besideSite", "besideStep", "two"));
  drawMatrix();
  describe();
  drawChips();
  drawPin();
  if (!changed.size || ["selected", "step", "site", "position", "run", "factor"].some((name) => changed.has(name))) drawTable();
  else if (changed.has("pinned")) drawTable();
  const onlyMoved = [...changed].every((name) => name === "step" || name === "zoom" || name === "pinned");
  if (!onlyMoved || !changed.size || state.color === CLUSTERS || state.color === RIGHT) drawLegend();
}

export function play(on = !playing) {
  clearInterval(playing);
  const steps = stepsToChoose();
  if (on && state.step === steps.at(-1)) choose({ step: steps[0] });
  playing = on ? window.setInterval(() => {
    const next = steps.indexOf(state.step) + 1;
    if (next >= steps.length) play(false);
    else choose({ step: steps[next] });
  }, FRAME_MS) : 0;
  const button = element("play");
  button.setAttribute("aria-pressed", String(Boolean(on)));
  button.firstElementChild.textContent = on ? "❚❚" : "▶";
  button.querySelector(".word").textContent = on ? "Pause" : "Play";
}

export function bindClusters() {
  element("step").addEventListener("input", (event) => { if (playing) play(false); choose({ step: stepsToChoose()[event.target.value] }); });
  element("play").addEventListener("click", () => play());
  element("legend").addEventListener("click", (event) => {
    const label = Number(event.target.closest("button")?.dataset.label ?? -1);
    if (label < 0) return;
    const { texts, code } = labeling();
    select([...Array(pointsNow().n_points).keys()].filter((i) => code[i] === label), texts[label]);
    element("legend").querySelector(`[data-label="${label}"]`)?.focus();
  });
}
