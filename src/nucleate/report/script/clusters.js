// Around the points: the player, the legend, and the map of clusters against labels.
const FRAME_MS = 850;
let playing = 0;

function colourings() {
  const labels = Object.keys(pointsNow().columns);
  return distinct([...["task", "dialect", "instruction", "input", "output"].filter((name) => labels.includes(name)), ...labels, CLUSTERS, ...(has("output") ? [RIGHT] : [])]);
}

function fillClusterControls() {
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
  const embeddings = distinct(Object.keys(points.frames).filter((name) => name.endsWith(`/${state.position}/${state.site}`)).map((name) => name.split("/")[0]));
  if (embeddings.length && !embeddings.includes(state.embedding)) state.embedding = embeddings[0];
  fill(element("embedding"), embeddings, (name) => ({ pca: "PCA", tsne: "t-SNE" })[name] ?? plain(name), state.embedding);
  if (!colourings().includes(state.colour)) state.colour = labelName() ?? CLUSTERS;
  fill(element("colour"), colourings(), plain, state.colour);
}

function drawLegend() {
  const { texts, code } = labelling(), present = new Set(code), legend = element("legend");
  const named = texts.map((text, index) => [text, index]).filter(([, index]) => present.has(index));
  legend.hidden = named.length > MOST_NAMED;
  if (legend.hidden) { legend.replaceChildren(); return; }
  legend.replaceChildren(...named.map(([text, index]) => {
    const button = document.createElement("button"), words = document.createElement("span");
    button.type = "button";
    button.dataset.label = index;
    button.setAttribute("aria-pressed", String(state.isolated === index));
    words.textContent = text;
    button.append(chip(index), words);
    return button;
  }));
}

function chip(index) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path"), line = new SvgPath();
  trace(line, shapeOf(index), 8, 8, 5.4);
  path.setAttribute("d", shapeOf(index) === "circle" ? "M13.4 8a5.4 5.4 0 1 0 -10.8 0a5.4 5.4 0 1 0 10.8 0" : line.text);
  path.setAttribute("fill", hueOf(index));
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

function describeClusters() {
  const points = pointsNow(), tsne = state.embedding.includes("tsne");
  const thinned = points.n_points < points.n_points_in_file ? `, of ${points.n_points_in_file.toLocaleString("en")} in the run's folder` : "";
  const steps = points.steps.length < points.n_steps_in_file ? ` ${points.steps.length} of ${points.n_steps_in_file} steps are kept.` : "";
  const picture = nearest(placeNow().steps, state.step), other = picture === state.step ? "" : ` The map is that of step ${picture}, the nearest that has one.`;
  const map = tsne ? "t-SNE keeps neighbours together; distances between groups, and their sizes, mean little."
    : `The axes are the two principal directions of the ${oneStep ? "states; " : "last step, "}${oneStep ? "" : "the same at every step, so what moves here moved in the model; "}two directions never show all that there is.`;
  element("clusters-caption").textContent = `${points.n_points.toLocaleString("en")} instances${thinned}, a balanced sample, at the ${positionWords(state.position)}.${steps}${other} ${map} ` +
    `Clusters are k-means of the full states of these points, ${Math.max(...placeNow().cluster) + 1} of them; they are for looking at, the scores above are the evidence.`;
}

function drawClusters(changed = new Set()) {
  fillClusterControls();
  const there = Boolean(pointsNow() && placeNow());
  element("confusion-note").hidden = !there;
  if (!there) {
    view.now = null;
    paint();
    element("clusters-caption").textContent = "This run has no points at this place.";
    return;
  }
  travel();
  drawConfusion();
  describeClusters();
  const onlyMoved = [...changed].every((name) => name === "step" || name === "zoom");
  if (!onlyMoved || !changed.size || state.colour === CLUSTERS) drawLegend();
}

function play(on = !playing) {
  clearInterval(playing);
  const steps = stepsToChoose();
  if (on && state.step === steps.at(-1)) choose({ step: steps[0] });
  playing = on ? setInterval(() => {
    const next = steps.indexOf(state.step) + 1;
    if (next >= steps.length) play(false);
    else choose({ step: steps[next] });
  }, FRAME_MS) : 0;
  const button = element("play");
  button.setAttribute("aria-pressed", String(Boolean(on)));
  button.firstElementChild.textContent = on ? "❚❚" : "▶";
  button.querySelector(".word").textContent = on ? "Pause" : "Play";
}

figures.clusters = {
  table: () => {
    const n = pointsNow().n_points, names = Object.keys(pointsNow().columns), place = placeNow(), begin = frameIndex() * 2 * n;
    const real = (raw) => place.low + (raw / 65535) * (place.high - place.low);
    return [["step", "site", "x", "y", "cluster", "predicted", ...names], ...Array.from({ length: n }, (_, i) => [state.step, state.site,
      real(place.xy[begin + i]), real(place.xy[begin + n + i]), place.cluster[frameIndex() * n + i], answerOf(i), ...names.map((name) => textOf(name, i))])];
  },
  svg: async () => pointsSvg(),
  png: async () => canvas.toDataURL("image/png"),
};
