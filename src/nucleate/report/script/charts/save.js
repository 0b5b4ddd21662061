// Tables and pictures of figures as files.
import { page } from "../data/decode.js";
import { allSeries } from "../data/series.js";

/** For each figure: `table()` gives [header, ...rows]; `svg()` and `png()` give data URLs. */
export const figures = /** @type {Record<string, any>} */ ({});

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

export async function save(kind, name) {
  if (kind === "csv") {
    const url = URL.createObjectURL(new Blob(["\ufeff", csv(figures[name].table())], { type: "text/csv" }));
    download(`${name}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } else download(`${name}.${kind}`, await figures[name][kind]());
}

const HEADER = ["run", "seed", "split", "position", "factor", "site", "preparation", "method", "metric", "control", "step", "value", "ci_low", "ci_high", "n_examples"];
/** Rows of the scores behind some series, as in scores.parquet. */
export const tableOf = (list) => [HEADER, ...list.flatMap((one) => Array.from(one.step, (step, i) => [
  page.runs[one.run].name, page.runs[one.run].seed, ...HEADER.slice(2, 10).map((name) => one[name]),
  step, one.value[i], one.low[i], one.high[i], one.n_examples[i],
]))];
figures.scores = { table: () => tableOf(allSeries()) };
