// The map of clusters against labels, on a canvas of our own, read out cell by cell with the arrow keys.
const confusion = element("confusion");
let cellRead = null;

/** How many points of each cluster carry each label; clusters in the order of their commonest label. */
function counts() {
  const points = pointsNow(), n = points.n_points, factor = labelName(), { texts, code } = points.columns[factor];
  const cluster = placeNow().cluster.subarray(frameIndex() * n, frameIndex() * n + n), n_clusters = Math.max(...cluster) + 1;
  const table = Array.from({ length: n_clusters }, () => new Uint32Array(texts.length));
  for (let i = 0; i < n; i++) table[cluster[i]][code[i]]++;
  const peak = table.map((row) => row.indexOf(Math.max(...row)));
  const order = [...table.keys()].filter((k) => table[k].some(Boolean)).sort((a, b) => peak[a] - peak[b] || table[b][peak[b]] - table[a][peak[a]]);
  const whole = texts.map((_, label) => order.reduce((sum, k) => sum + table[k][label], 0));
  return { factor, texts, table, order, whole };
}

/** Every cell as {row, label, count, fill}, in units of one cell. */
function confusionCells({ texts, table, order, whole }) {
  const shades = Array.from({ length: 33 }, (_, i) => heat(i / 32));
  return order.flatMap((k, row) => texts.map((_, label) => ({ row, label, fill: shades[Math.round((table[k][label] / (whole[label] || 1)) * 32)] })));
}

function drawConfusion() {
  const all = counts(), { factor, texts, table, order } = all, ratio = devicePixelRatio || 1;
  const width = confusion.clientWidth, height = confusion.clientHeight, context = confusion.getContext("2d");
  Object.assign(confusion, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const cell = [width / texts.length, height / Math.max(order.length, 1)], gap = cell[0] > 6 && cell[1] > 6 ? 1 : 0;
  for (const { row, label, fill } of confusionCells(all)) {
    context.fillStyle = fill;
    context.fillRect(label * cell[0], row * cell[1], cell[0] - gap, cell[1] - gap);
  }
  if (cellRead && cellRead.row < order.length && cellRead.label < texts.length) {
    Object.assign(context, { strokeStyle: css("--fails"), lineWidth: 3 });
    context.strokeRect(cellRead.label * cell[0] + 1, cellRead.row * cell[1] + 1, cell[0] - 2, cell[1] - 2);
  }
  element("confusion-title").textContent = `Clusters against ${factorWords(factor)}`;
  element("confusion-note").textContent = `A row per cluster, a column per ${factorWords(factor)}; the ${dark.matches ? "lighter" : "darker"}, the more of the label is in the cluster. One ${dark.matches ? "light" : "dark"} cell in every column would be full agreement.`;
  const pure = order.reduce((sum, k) => sum + Math.max(...table[k]), 0) / pointsNow().n_points;
  confusion.setAttribute("aria-label", `${order.length} clusters against ${texts.length} labels of ${factor}, to be read out with the arrow keys; the commonest label of their cluster is that of ${Math.round(pure * 100)} % of points`);
}

function readCell(x, y, { row, label }, { factor, texts, table, order, whole }) {
  const k = order[row], title = `${table[k][label]} of ${whole[label]} points`;
  showTip(x, y, title, [["cluster", String(k)], [factorWords(factor), texts[label]]]);
  return `${title}: cluster ${k}, ${factorWords(factor)} ${texts[label]}`;
}

function confusionTip(event) {
  const all = counts(), box = confusion.getBoundingClientRect();
  const at = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  readCell(event.clientX, event.clientY, { row: at((event.clientY - box.top) / box.height, all.order.length), label: at((event.clientX - box.left) / box.width, all.texts.length) }, all);
}

function moveInConfusion(event) {
  const move = MOVES[event.key], all = counts(), rows = [...all.order.keys()], labels = [...all.texts.keys()];
  if (!move) return;
  event.preventDefault();
  const { row, label } = cellRead ?? { row: 0, label: -move[0] };
  cellRead = { row: within(rows, row - move[1]), label: within(labels, label + move[0]) };
  drawConfusion();
  const box = confusion.getBoundingClientRect();
  element("spoken").textContent = readCell(box.left + ((cellRead.label + 0.5) / labels.length) * box.width, box.top + ((cellRead.row + 0.5) / rows.length) * box.height, cellRead, all);
}

function leaveConfusion() {
  hideTip();
  if (!cellRead) return;
  cellRead = null;
  if (view.now) drawConfusion();
}

function confusionSvg() {
  const all = counts(), [across, down] = [all.texts.length, all.order.length], name = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const cells = confusionCells(all).map(({ row, label, fill }) => `<rect x="${label}" y="${row}" width="0.96" height="0.96" fill="${fill}"><title>${name(`cluster ${all.order[row]}, ${all.texts[label]}: ${all.table[all.order[row]][label]}`)}</title></rect>`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${across} ${down}" width="800" height="${Math.round(800 / 1.35)}" preserveAspectRatio="none">${cells.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

figures.confusion = {
  table: () => { const { factor, texts, table, order } = counts(); return [["step", "site", "factor", "label", "cluster", "points"], ...order.flatMap((k) => texts.map((text, label) => [state.step, state.site, factor, text, k, table[k][label]]))]; },
  svg: async () => confusionSvg(),
  png: async () => confusion.toDataURL("image/png"),
};
