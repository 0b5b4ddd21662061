// What every figure has: a tip that shows text, and buttons that save its table and its picture.
import { element } from "../data/decode.js";

const tip = element("tip");

/** Rows of name and value as a list. All of it is text. */
export function facts(/** @type {[string, string][]} */ rows) {
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const line = document.createElement("div"), term = document.createElement("dt"), words = document.createElement("dd");
    term.textContent = name;
    words.textContent = value;
    line.append(term, words);
    list.append(line);
  }
  return list;
}

/** Show a title and rows beside the pointer. */
export function showTip(x, y, title, rows) {
  const head = document.createElement("b");
  head.textContent = title;
  tip.replaceChildren(head, facts(rows));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 16, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
}
export const hideTip = () => { tip.hidden = true; };
export const speak = (/** @type {string} */ words) => { element("spoken").textContent = words; };
