// Bind controls to choices and choices to figures, then draw everything once.
const SETTLE_MS = 140;
document.body.classList.toggle("compares", page.runs.length > 1);
document.body.classList.toggle("single-group", !several);

function fillLens() {
  const found = choices();
  fill(element("factor"), found.factor, factorWords, state.factor, true);
  fill(element("position"), found.position, positionWords, state.position, true);
  fill(element("measure"), found.measure, measureWords, state.measure, true);
  fill(element("preparation"), found.preparation, preparationWords, state.preparation);
  fill(element("group"), page.groups.map((_, index) => index), (index) => page.groups[index], state.group);
  for (const id of ["split", "atlas-split"]) fill(element(id), [...found.split].sort(bySplit), plain, state.split);
  element("split").closest("label").hidden = !several;
}

/** Many moves in a row are answered once they rest: the points follow at once, the charts a moment later. */
let resting = 0, whole = false;
function onceAtRest(needsAll) {
  clearTimeout(resting);
  whole ||= needsAll;
  resting = setTimeout(() => { (whole ? drawCharts : moveMarks)(); whole = false; }, SETTLE_MS);
}

element("scale").hidden = oneStep;
const drawCharts = () => Promise.all([drawEmergence(), drawAtlas()]);

onChange((changed) => {
  fillLens();
  if (hasClusters) drawClusters(changed);
  if (["factor", "position", "colour"].some((name) => changed.has(name))) drawMoments();
  const only = (...names) => [...changed].every((name) => names.includes(name));
  if (only("colour", "embedding", "search", "isolated", "zoom", "run")) return;
  if (only("step", "site")) {
    readAtlas();
    onceAtRest(changed.has("site"));
    return;
  }
  drawCharts();
  if (changed.has("group")) drawMore();
});

for (const name of ["factor", "position", "measure", "preparation", "split", "site", "embedding"])
  element(name).addEventListener("change", (event) => choose({ [name]: event.target.value }));
for (const name of ["group", "run"]) element(name).addEventListener("change", (event) => choose({ [name]: Number(event.target.value) }));
element("atlas-split").addEventListener("change", (event) => choose({ split: event.target.value }));
element("colour").addEventListener("change", (event) => choose({ colour: event.target.value, isolated: -1 }));
element("search").addEventListener("input", (event) => choose({ search: event.target.value }));
element("zoom").addEventListener("change", (event) => choose({ zoom: event.target.checked }));

/** Figures are drawn anew at the width of a sheet, and the rules are opened; afterwards all is as it was. */
function turn(toPaper) {
  document.body.classList.toggle("paper", toPaper);
  for (const one of document.querySelectorAll("details.prints")) one.open = toPaper;
  drawAll();
  for (const one of document.querySelectorAll(".js-plotly-plot")) Plotly.relayout(one, { autosize: true });
}
addEventListener("beforeprint", () => turn(true));
addEventListener("afterprint", () => turn(false));
element("step").addEventListener("input", (event) => { if (playing) play(false); choose({ step: stepsToChoose()[event.target.value] }); });
element("play").addEventListener("click", () => play());
element("lens").addEventListener("submit", (event) => event.preventDefault());
for (const input of document.querySelectorAll("[name=scale]")) input.addEventListener("change", () => choose({ scale: input.value }));
element("legend").addEventListener("click", (event) => {
  const label = Number(event.target.closest("button")?.dataset.label ?? -1);
  if (label >= 0) { choose({ isolated: state.isolated === label ? -1 : label }); element("legend").querySelector(`[data-label="${label}"]`)?.focus(); }
});
for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => save(button.dataset.save, button.dataset.figure));

atlasFrame.addEventListener("keydown", moveInAtlas);
canvas.addEventListener("pointermove", (event) => view.now && hover(pointAt(event), event.clientX, event.clientY));
canvas.addEventListener("pointerleave", () => hover(-1));
canvas.addEventListener("blur", () => hover(-1));
canvas.addEventListener("keydown", walk);
confusion.addEventListener("pointermove", confusionTip);
confusion.addEventListener("pointerleave", hideTip);
confusion.addEventListener("keydown", moveInConfusion);
confusion.addEventListener("blur", leaveConfusion);
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
addEventListener("scroll", hideTip, { passive: true });

function drawAll() {
  fillLens();
  if (hasClusters) drawClusters();
  drawMoments();
  return Promise.all([drawCharts(), drawMore()]);
}

settle();
state.step = stepsToChoose().at(-1) ?? 0;
drawAll().then(() => {
  emergencePlot.on("plotly_hover", pointTip);
  emergencePlot.on("plotly_unhover", hideTip);
  emergencePlot.on("plotly_click", ({ points }) => { const { step, one } = points[0].customdata; choose(one.site ? { step, site: one.site } : { step }); });
  atlasPlot.on("plotly_hover", cellTip);
  atlasPlot.on("plotly_unhover", hideTip);
  atlasPlot.on("plotly_click", chooseCell);
  for (const { id } of MORE) element(`${id}-plot`).on?.("plotly_hover", moreTip);
  for (const { id } of MORE) element(`${id}-plot`).on?.("plotly_unhover", hideTip);
  document.documentElement.dataset.ready = "yes";
});
for (const media of [dark, narrow]) media.addEventListener("change", () => { forgetColours(); drawAll(); });
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width && hasClusters) { width = innerWidth; paint(); if (view.now) drawConfusion(); drawMoments(); } });
