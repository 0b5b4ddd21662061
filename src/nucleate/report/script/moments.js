// The first picture: the same states at a few moments of training, or of a model that was looked at once at a few
// depths. A moment chosen here is chosen everywhere.
const moments = element("moments");
const MOMENTS = 4;

/** Up to four of `list`, evenly by `place`, with the first and the last. */
function spread(list, place) {
  const [low, high] = [place(list[0]), place(list.at(-1))];
  return distinct(Array.from({ length: MOMENTS }, (_, i) => {
    const wanted = low + ((high - low) * i) / (MOMENTS - 1);
    return list.reduce((a, b) => (Math.abs(place(b) - wanted) < Math.abs(place(a) - wanted) ? b : a));
  }));
}

/** What is shown: [{site, step, words}]; nothing where the run has no points at the place of its claims. */
function momentsOf() {
  const points = runPoints[0], { site: sites } = choices(), layers = sites.filter((site) => layerOf(site) !== null), site = layers.at(-1) ?? sites.at(-1);
  const placeAt = (one) => points?.place(`pca/${state.position}/${one}`);
  if (!placeAt(site) || page.runs.length > 1) return [];
  const steps = placeAt(site).steps;
  if (steps.length > 1) return spread(steps, Number).map((step) => ({ site, step, words: `step ${step}` }));
  return spread(layers.filter(placeAt), (one) => layerOf(one)).map((one) => ({ site: one, step: steps[0], words: siteWords(one) }));
}

function drawMoments() {
  const shown = momentsOf();
  moments.closest("figure").hidden = shown.length < 2;
  if (shown.length < 2) return;
  const colour = labelName(), { code } = runPoints[0].columns[colour] ?? Object.values(runPoints[0].columns)[0];
  moments.replaceChildren(...shown.map((moment) => momentButton(moment)));
  [...moments.querySelectorAll("canvas")].forEach((one, i) => paintMoment(one, shown[i], code));
  const depth = shown[0].step === shown.at(-1).step;
  element("moments-caption").textContent = `The hidden states of the same ${runPoints[0].n_points.toLocaleString("en")} instances ${depth ? "at a few depths of the model" : `in ${siteWords(shown[0].site)}, at ${["two", "three", "four"][shown.length - 2]} moments of training`}, ` +
    `read at the ${positionWords(state.position)} and coloured by ${factorWords(colour)}, ${depth ? "which had no part in placing them" : "which the model was never shown"}. Each picture fills its frame.`;
}

function momentButton(moment) {
  const button = document.createElement("button"), picture = document.createElement("canvas"), words = document.createElement("span");
  button.type = "button";
  words.textContent = moment.words;
  picture.setAttribute("aria-hidden", "true");
  button.setAttribute("aria-label", `${moment.words}: show it in Clusters`);
  button.append(picture, words);
  button.addEventListener("click", () => { choose({ site: moment.site, step: moment.step }); element("clusters").scrollIntoView(); });
  return button;
}

function paintMoment(picture, { site, step }, code) {
  const place = runPoints[0].place(`pca/${state.position}/${site}`), n = runPoints[0].n_points, begin = place.steps.indexOf(step) * 2 * n;
  const x = place.xy.subarray(begin, begin + n), y = place.xy.subarray(begin + n, begin + 2 * n), box = boxOf([x, y]);
  const size = picture.clientWidth, ratio = devicePixelRatio || 1, context = picture.getContext("2d");
  picture.width = picture.height = Math.round(size * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const [label, members] of groupBy(n, (i) => code[i])) {
    context.globalAlpha = 0.85;
    context.fillStyle = hueOf(label);
    context.beginPath();
    for (const i of members) trace(context, shapeOf(label), ((x[i] - box.x) / box.size + 0.5) * size, (0.5 - (y[i] - box.y) / box.size) * size, Math.max(1.6, size / 110));
    context.fill();
  }
}
