// Around the points: the player, the legend, and the map of clusters against labels.
const confusion = element("confusion");
const MOST_NAMED = 120, FRAME_MS = 850;
let playing = 0;

function colourings() {
  const labels = Object.keys(pointsNow().columns);
  return distinct([...["task", "dialect", "instruction", "input", "output"].filter((name) => labels.includes(name)), ...labels, "assigned cluster", "right or wrong answer"]);
}

function fillClusterControls() {
  const { site: sites } = choices(), steps = stepsToChoose(), points = pointsNow();
  fill(element("site"), sites, siteWords, state.site);
  fill(element("run"), runsOfGroup(state.group).filter((index) => runPoints[index]), (index) => page.runs[index].name, state.run);
  element("step").max = steps.length - 1;
  element("step").value = steps.indexOf(state.step);
  element("step").setAttribute("aria-valuetext", `step ${state.step}`);
  element("step-readout").textContent = `${state.step} of ${steps.at(-1)}`;
  if (!points) return;
  const embeddings = distinct(Object.keys(points.frames).filter((name) => name.endsWith(`/${state.position}/${state.site}`)).map((name) => name.split("/")[0]));
  if (embeddings.length && !embeddings.includes(state.embedding)) state.embedding = embeddings[0];
  fill(element("embedding"), embeddings, (name) => ({ pca: "PCA", tsne: "t-SNE" })[name] ?? plain(name), state.embedding);
  if (!colourings().includes(state.colour)) state.colour = "assigned cluster";
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

/** How many points of each cluster carry each label; clusters in the order of their commonest label. */
function counts() {
  const points = pointsNow(), n = points.n_points, factor = ["assigned cluster", "right or wrong answer"].includes(state.colour) ? "task" : state.colour;
  const { texts, code } = points.columns[factor] ?? Object.values(points.columns)[0];
  const cluster = placeNow().cluster.subarray(frameIndex() * n, frameIndex() * n + n), n_clusters = Math.max(...cluster) + 1;
  const table = Array.from({ length: n_clusters }, () => new Uint32Array(texts.length));
  for (let i = 0; i < n; i++) table[cluster[i]][code[i]]++;
  const peak = table.map((row) => row.indexOf(Math.max(...row)));
  const order = [...table.keys()].filter((k) => table[k].some(Boolean)).sort((a, b) => peak[a] - peak[b] || table[b][peak[b]] - table[a][peak[a]]);
  return { factor, texts, table, order };
}

function drawConfusion() {
  const { factor, texts, table, order } = counts(), ratio = devicePixelRatio || 1;
  const width = confusion.clientWidth, height = confusion.clientHeight, context = confusion.getContext("2d");
  Object.assign(confusion, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const cell = [width / texts.length, height / Math.max(order.length, 1)], gap = cell[0] > 6 && cell[1] > 6 ? 1 : 0;
  const whole = texts.map((_, label) => order.reduce((sum, k) => sum + table[k][label], 0) || 1), shades = Array.from({ length: 33 }, (_, i) => heat(i / 32));
  order.forEach((k, row) => texts.forEach((_, label) => {
    context.fillStyle = shades[Math.round((table[k][label] / whole[label]) * 32)];
    context.fillRect(label * cell[0], row * cell[1], cell[0] - gap, cell[1] - gap);
  }));
  element("confusion-title").textContent = `Clusters against ${plain(factor)}`;
  element("confusion-note").textContent = `A row per cluster, a column per ${plain(factor)}; the darker (at night the lighter), the more of the label is in the cluster. One dark cell in every column would be full agreement.`;
  const pure = order.reduce((sum, k) => sum + Math.max(...table[k]), 0) / pointsNow().n_points;
  confusion.setAttribute("aria-label", `${order.length} clusters against ${texts.length} labels of ${factor}; the commonest label of their cluster is that of ${Math.round(pure * 100)} % of points`);
}

function confusionTip(event) {
  const { texts, table, order, factor } = counts(), box = confusion.getBoundingClientRect();
  const label = Math.min(texts.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * texts.length)));
  const k = order[Math.min(order.length - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * order.length)))];
  const sum = order.reduce((total, one) => total + table[one][label], 0);
  showTip(event.clientX, event.clientY, `${table[k][label]} of ${sum} points`, [["cluster", String(k)], [plain(factor), texts[label]]]);
}

function describeClusters() {
  const points = pointsNow(), tsne = state.embedding.includes("tsne");
  const thinned = points.n_points < points.n_points_in_file ? `, of ${points.n_points_in_file.toLocaleString("en")} in the run's folder` : "";
  const steps = points.steps.length < points.n_steps_in_file ? ` ${points.steps.length} of ${points.n_steps_in_file} steps are kept.` : "";
  const picture = nearest(placeNow().steps, state.step), other = picture === state.step ? "" : ` The map is that of step ${picture}, the nearest that has one.`;
  const map = tsne ? "t-SNE keeps neighbours together; distances between groups, and their sizes, mean little."
    : "The axes are the two principal directions of the last step, the same at every step, so what moves here moved in the model; two directions never show all that there is.";
  element("clusters-caption").textContent = `${points.n_points.toLocaleString("en")} instances${thinned}, balanced over splits and tasks, at the ${positionWords(state.position)}.${steps}${other} ${map} ` +
    "Clusters are k-means of the full states of these points, as many as there are tasks; they are for looking at, the scores above are the evidence.";
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
  if (!onlyMoved || !changed.size || state.colour === "assigned cluster") drawLegend();
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
