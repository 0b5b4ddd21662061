// The points in the light as a table: only the rows that are seen are there, so thousands cost nothing. And the point that is pinned.
import { element } from "../data/decode.js";
import { factorWords, number } from "../data/words.js";
import { choose, state } from "../state/state.js";
import { facts } from "../charts/tip.js";
import { figures } from "../charts/save.js";
import { answerOf, besideOf, clusterOf, factsOf, has, idOf, labelName, placeNow, pointsNow, stepOfClusters, textOf, titleOf } from "./labels.js";
import { isLit } from "./selection.js";

const ROW_PX = 34, box = element("table-box"), body = element("table-body");
let rows = /** @type {number[]} */ ([]), everything = /** @type {number[]} */ ([]);

const textsOf = (i) => (has("prompt") ? textOf("prompt", i) : [textOf("instruction", i), textOf("input", i)].filter(Boolean).join(" · "));
const COLUMNS = /** @type {[string, (i: number, step?: number) => any, ((value: any) => string)?][]} */ ([
  ["instance", idOf], ["text", textsOf], ["label", (i) => textOf(labelName(), i)], ["cluster", clusterOf], ["predicted", answerOf], ["answer", (i) => textOf("output", i)],
  ["to own", (i, step) => distance(i, "own", step), number], ["to other", (i, step) => distance(i, "other", step), number],
]);
const distance = (i, which, step) => { const beside = besideOf(i, step); return beside ? Number(beside[which].toPrecision(4)) : NaN; };
const shownText = (value) => (typeof value === "string" && value.trim() === "" ? "(blank)" : String(value));

export function drawTable() {
  const n = pointsNow()?.n_points ?? 0;
  if (everything.length !== n) everything = Array.from({ length: n }, (_, i) => i);
  rows = state.selected ? everything.filter(isLit) : everything;
  if (!placeNow()) rows = [];
  box.style.height = `${Math.min(rows.length + 1, 9) * ROW_PX + 4}px`;
  element("table-head").replaceChildren(...COLUMNS.map(([name]) => { const cell = document.createElement("span"); cell.setAttribute("role", "columnheader"); cell.textContent = name === "label" ? factorWords(labelName() ?? "") : name; return cell; }));
  body.style.height = `${rows.length * ROW_PX}px`;
  box.parentElement.setAttribute("aria-rowcount", String(rows.length + 1));
  box.scrollTop = 0;
  fillRows();
}
function fillRows() {
  const first = Math.max(0, Math.floor(box.scrollTop / ROW_PX) - 2), seen = rows.slice(first, first + 16);
  body.replaceChildren(...seen.map((i, k) => {
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(first + k + 2));
    row.style.top = `${(first + k) * ROW_PX}px`;
    row.dataset.point = String(i);
    row.classList.toggle("pinned", i === state.pinned);
    row.append(...COLUMNS.map(([, of, said = shownText]) => { const cell = document.createElement("span"); cell.setAttribute("role", "cell"); cell.textContent = said(of(i)); return cell; }));
    return row;
  }));
}

export function drawPin() {
  const panel = element("pin"), is = state.pinned >= 0 && pointsNow() && placeNow();
  panel.hidden = !is;
  if (!is) return;
  element("pin-title").textContent = titleOf(state.pinned);
  element("pin-facts").replaceChildren(facts(factsOf(state.pinned)));
  const near = besideOf(state.pinned)?.nearest ?? [];
  element("pin-near-title").textContent = near.length ? `Its ${near.length} nearest neighbors in the full space` : "Neighbors are available only where the claims are judged.";
  element("pin-near").replaceChildren(...near.map((i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = `${textOf(labelName(), i)} · ${textsOf(i)} → ${answerOf(i)}`;
    button.classList.toggle("differs", textOf(labelName(), i) !== textOf(labelName(), state.pinned));
    button.addEventListener("click", () => choose({ pinned: i }));
    item.append(button);
    return item;
  }));
}

export function bindTable() {
  box.addEventListener("scroll", fillRows, { passive: true });
  body.addEventListener("click", (event) => { const row = event.target.closest("[data-point]"); if (row) choose({ pinned: Number(row.dataset.point) }); });
  element("unpin").addEventListener("click", () => choose({ pinned: -1 }));
}
figures.selection = { table: () => [["step", "site", ...COLUMNS.map(([name]) => (name === "label" ? labelName() : name))], ...rows.map((i) => { const step = stepOfClusters(); return [step, state.site, ...COLUMNS.map(([, of]) => of(i, step))]; })] };
