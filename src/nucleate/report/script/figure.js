// What every figure has: a tip that shows text, and buttons that save its table and its picture.
const tip = element("tip");

/** Show a title and rows of name and value beside the pointer. All of it is text. */
function showTip(x, y, title, rows) {
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const line = document.createElement("div"), term = document.createElement("dt"), words = document.createElement("dd");
    term.textContent = name;
    words.textContent = value;
    line.append(term, words);
    list.append(line);
  }
  const head = document.createElement("b");
  head.textContent = title;
  tip.replaceChildren(head, list);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 16, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
}
const hideTip = () => { tip.hidden = true; };

/** For each figure: `table()` gives [header, ...rows]; `svg()` and `png()` give data URLs. */
const figures = {};

/** Quoted where needed; what a spreadsheet would run as a formula gets an apostrophe before it. */
function csvCell(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "";
  const text = /^[\s]*[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
const csv = (rows) => rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";

function download(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

async function save(kind, name) {
  if (kind === "csv") {
    const url = URL.createObjectURL(new Blob(["\ufeff", csv(figures[name].table())], { type: "text/csv" }));
    download(`${name}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } else download(`${name}.${kind}`, await figures[name][kind]());
}

/** Pictures of a plotly figure, on the page's own ground. */
const plotlyPictures = (plot) => Object.fromEntries(["svg", "png"].map((format) => [format, () => Plotly.toImage(
  { data: plot.data, layout: { ...plot.layout, paper_bgcolor: css("--ground") } },
  { format, width: plot.clientWidth, height: plot.clientHeight, scale: format === "png" ? 2 : 1 },
)]));

const HEADER = ["run", "seed", "split", "position", "factor", "site", "preparation", "method", "metric", "control", "step", "value", "ci_low", "ci_high", "n_examples"];
/** Rows of the scores behind some series, as in scores.parquet. */
const tableOf = (list) => [HEADER, ...list.flatMap((one) => Array.from(one.step, (step, i) => [
  page.runs[one.run].name, page.runs[one.run].seed, ...HEADER.slice(2, 10).map((name) => one[name]),
  step, one.value[i], one.low[i], one.high[i], one.n_examples[i],
]))];
figures.scores = { table: () => tableOf(series) };
