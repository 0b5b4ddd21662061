// Bind controls to choices and choices to figures, then draw everything once, figure by figure, so that the page answers in between.
import { element, page } from "./data/decode.js";
import { isSparse, oneStep } from "./data/series.js";
import { bySplit, factorWords, listed, measureWords, plain, positionWords, preparationWords } from "./data/words.js";
import { hasClusters } from "./data/points.js";
import { choices, choose, fill, onChange, replaced, settle, several, state, stepsToChoose } from "./state/state.js";
import { bindAddress, readAddress } from "./state/address.js";
import { dark, forgetColors, narrow } from "./charts/colors.js";
import { save } from "./charts/save.js";
import { hideTip } from "./charts/tip.js";
import { bindTerms } from "./charts/terms.js";
import { drawEmergence, moveEmergence, stepsWords } from "./views/emergence.js";
import { drawAtlas, moveAtlas } from "./views/atlas.js";
import { drawFirst, paintFirst } from "./views/first.js";
import { drawMore } from "./views/more.js";
import { moveTwin } from "./views/twin.js";
import { bindClusters, drawClusters } from "./points/clusters.js";
import { bindMap } from "./points/map.js";
import { bindMatrix } from "./points/matrix.js";
import { bindChips, clear, search } from "./points/selection.js";
import { bindTable } from "./points/table.js";

const SETTLE_MS = 120;
document.body.classList.toggle("compares", page.runs.length > 1);
document.body.classList.toggle("single-group", !several);
for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-when=clusters]"))) part.hidden = !hasClusters;

const SAY = { split: plain, measure: measureWords, preparation: preparationWords, position: positionWords };
function fillLens() {
  const found = choices();
  fill(element("factor"), found.factor, factorWords, state.factor, true);
  fill(element("position"), found.position, positionWords, state.position, true);
  const measures = [...found.measure].sort((a, b) => Number(isSparse(a)) - Number(isSparse(b)));
  fill(element("measure"), measures, measureWords, state.measure, true, (measure) => { const words = stepsWords(measure); return words === "every checkpoint" ? words : `${words} only`; });
  fill(element("preparation"), found.preparation, preparationWords, state.preparation);
  fill(element("group"), page.groups.map((_, index) => index), (index) => page.groups[index], state.group);
  for (const id of ["split", "atlas-split"]) fill(element(id), [...found.split].sort(bySplit), plain, state.split);
  element("split").closest("label").hidden = !several;
  element("search").value = state.search;
  element("lens-note").textContent = replaced.length ? `Not measured for ${factorWords(state.factor)}: ${listed(replaced.map(({ name, wanted }) => SAY[name](wanted)))}. Shown instead: ${listed(replaced.map(({ name }) => SAY[name](state[name])))}.` : "";
}

/** Many moves in a row are answered once they rest: the points follow at once, the charts a moment later. */
let resting = 0, whole = false;
function onceAtRest(needsAll) {
  clearTimeout(resting);
  whole ||= needsAll;
  resting = window.setTimeout(() => { if (whole) drawEmergence(); else moveEmergence(); paintFirst(); whole = false; }, SETTLE_MS);
}

element("scale").hidden = oneStep;
const drawCharts = () => { drawEmergence(); drawAtlas(); };

onChange((changed) => {
  if (!started) return;
  fillLens();
  if (hasClusters) drawClusters(changed);
  const only = (...names) => [...changed].every((name) => names.includes(name));
  if (only("color", "embedding", "search", "selected", "why", "pinned", "zoom", "run", "two", "besideSite", "besideStep")) { if (!only("embedding", "pinned", "zoom", "two", "besideSite", "besideStep")) drawFirst(); return; }
  if (only("step", "site", "pinned", "selected")) {
    moveAtlas();
    moveTwin();
    onceAtRest(changed.has("site"));
    return;
  }
  drawCharts();
  drawFirst();
  if (["group", "factor", "measure", "preparation", "split"].some((name) => changed.has(name))) drawMore(); else moveTwin();
});

for (const name of ["factor", "position", "measure", "preparation", "split", "site", "embedding", "color", "besideSite"])
  element(name).addEventListener("change", (event) => choose({ [name]: event.target.value }));
for (const name of ["group", "run"]) element(name).addEventListener("change", (event) => choose({ [name]: Number(event.target.value), ...(name === "run" ? { selected: null, why: "", pinned: -1 } : {}) }));
element("atlas-split").addEventListener("change", (event) => choose({ split: event.target.value }));
element("search").addEventListener("input", (event) => search(event.target.value));
element("besideStep").addEventListener("change", (event) => choose({ besideStep: Number(event.target.value) }));
element("two").addEventListener("change", (event) => choose({ two: event.target.checked }));
element("zoom").addEventListener("change", (event) => choose({ zoom: event.target.checked }));
element("lens").addEventListener("submit", (event) => event.preventDefault());
for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=scale]"))) input.addEventListener("change", () => choose({ scale: input.value }));
for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-save]"))) button.addEventListener("click", () => save(button.dataset.save, button.dataset.figure));
bindMap();
bindMatrix();
bindChips();
bindTable();
bindClusters();
bindTerms();

/** Figures are drawn anew at the width of a sheet, and the rules are opened; afterwards all is as it was. */
function turn(toPaper) {
  document.body.classList.toggle("paper", toPaper);
  for (const one of /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.prints"))) one.open = toPaper;
  forgetColors();
  drawAll();
}
addEventListener("beforeprint", () => turn(true));
addEventListener("afterprint", () => turn(false));
addEventListener("keydown", (event) => { if (event.key !== "Escape") return; hideTip(); if (state.pinned >= 0) choose({ pinned: -1 }); else if (state.selected) clear(); });
addEventListener("scroll", hideTip, { passive: true });

/** All that is drawn, from the top of the page down; points come first, since what is colored by them asks for them. */
const FIGURES = [fillLens, () => hasClusters && drawClusters(), drawFirst, drawEmergence, drawAtlas, drawMore];
const drawAll = () => FIGURES.forEach((draw) => draw());
/** The same, each figure in a task of its own. */
async function drawInTurn() {
  for (const draw of FIGURES) {
    draw();
    await new Promise((done) => setTimeout(done));
  }
  document.documentElement.dataset.ready = "yes";
}

let started = false;
settle();
state.step = stepsToChoose().at(-1) ?? 0;
bindAddress();
if (location.hash.includes("=")) readAddress();
started = true;
export const drawn = drawInTurn();
const bar = element("lens"), measureBar = () => document.documentElement.style.setProperty("--bar", `${getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0}px`);
new ResizeObserver(measureBar).observe(bar);
for (const media of [dark, narrow]) media.addEventListener("change", () => { forgetColors(); drawAll(); });
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; drawAll(); } });
