// One selection everywhere: lasso, box, legend, cells, search and chips set the same set of points.
import { element } from "../data/decode.js";
import { choose, state } from "../state/state.js";
import { answeredWrong, misclustered, pointsNow } from "./labels.js";

/** Put points into the light, or all of them where there are none to put; the same choice again lets go. */
export function select(/** @type {Iterable<number>} */ points, /** @type {string} */ why) {
  if (why !== "" && why === state.why) { clear(); return; }
  choose({ selected: new Set(points), why, ...(why.startsWith("found: ") ? {} : { search: "" }) });
}
export const clear = () => choose({ selected: null, why: "", search: "" });
export const isLit = (/** @type {number} */ i) => state.selected === null || state.selected.has(i);

/** "task 1" finds task 1 and not task 12: a match ends where a word ends. */
const matches = (text, words) => ` ${text} `.includes(/\d$/.test(words) ? `${words} ` : words);

export function search(/** @type {string} */ asked) {
  const words = asked.trim().toLowerCase();
  if (words === "") { clear(); return; }
  const columns = Object.values(pointsNow().columns), hits = columns.map(({ texts }) => texts.map((text) => matches(text.toLowerCase(), words)));
  const found = Array.from({ length: pointsNow().n_points }, (_, i) => i).filter((i) => columns.some((column, c) => hits[c][column.code[i]]));
  choose({ search: asked, selected: new Set(found), why: `found: ${asked.trim()}` });
}

/** Chips follow the step: what is misclustered now is chosen anew when the step or the layer moves. */
const CHIPS = { misclustered, "answered wrong": answeredWrong };
export function chosenByChip() {
  if (CHIPS[state.why] && pointsNow()) state.selected = new Set(CHIPS[state.why]());
}
export function drawChips() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-chip]"))) {
    const found = pointsNow() ? CHIPS[button.dataset.chip]() : [];
    button.querySelector("b").textContent = String(found.length);
    button.setAttribute("aria-pressed", String(state.why === button.dataset.chip));
    button.disabled = !found.length && state.why !== button.dataset.chip;
  }
  const n = state.selected?.size ?? 0;
  element("selection").textContent = state.selected === null ? "No points selected: all are shown." : `${n.toLocaleString("en")} point${n === 1 ? "" : "s"} selected${state.why ? ` (${state.why})` : ""}.`;
  element("clear").hidden = state.selected === null;
}
export function bindChips() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-chip]"))) button.addEventListener("click", () => select(CHIPS[button.dataset.chip](), button.dataset.chip));
  element("clear").addEventListener("click", clear);
}
