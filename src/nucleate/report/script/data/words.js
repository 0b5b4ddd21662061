// Names of the tables in words; the page brings them.
import { page } from "./decode.js";

export const layerOf = (/** @type {string} */ site) => (site === "embed" ? 0 : site.startsWith("block.") ? Number(site.slice(6)) : null);
export const siteWords = (/** @type {string} */ site) => (site === "final_norm" ? "final norm" : site === "embed" ? "layer 0" : site.replace("block.", "layer "));
export const plain = (/** @type {string} */ name) => name.replaceAll("_", " ");
const say = (kind, name) => page.words[kind][name] ?? plain(name);
export const positionWords = (name) => say("position", name), factorWords = (name) => say("factor", name), metricWords = (name) => say("metric", name);
export const preparationWords = (name) => say("preparation", name), controlWords = (name) => say("control", name);
export const measureWords = (/** @type {string} */ measure) => {
  const [method, metric] = measure.split("/");
  return `${metricWords(metric)} (${say("method", method)})`;
};
export const capital = (/** @type {string} */ words) => words.charAt(0).toUpperCase() + words.slice(1);
export const number = (/** @type {number} */ value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits).replace(/^-(?=0(\.0*)?$)/, "").replace("-", "−") : "–");
/** "1, 2 and 3" */
export const listed = (/** @type {any[]} */ words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : String(words[0] ?? ""));
const FACTOR_RANK = { task: -2, dialect: -1, instruction: 1, input: 2, output: 3, task_input: 4 };
export const byFactor = (a, b) => (FACTOR_RANK[a] ?? 0) - (FACTOR_RANK[b] ?? 0) || (a < b ? -1 : 1);
const SPLITS = ["train", "validation", "unseen_instruction", "unseen_dialect"];
export const bySplit = (a, b) => ((SPLITS.indexOf(a) + 9) % 9) - ((SPLITS.indexOf(b) + 9) % 9) || (a < b ? -1 : 1);
