// Terms with a dotted underline: their definition is shown while one is pointed at, has the focus, or was tapped. One glossary for page and docs.
import { page } from "../data/decode.js";
import { hideTip, showTip } from "./tip.js";

const words = Object.keys(page.terms).sort((a, b) => b.length - a.length), capital = (one) => one.charAt(0).toUpperCase() + one.slice(1);
const meaning = (part) => page.terms[part] ?? page.terms[words.find((one) => capital(one) === part)];
const known = new RegExp(`(${words.flatMap((one) => [one, capital(one)]).map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);

/** Set the text of a caption, with the first place of each term as a button: one that a line may break in. */
export function tell(/** @type {HTMLElement} */ host, /** @type {string} */ text) {
  if (host.textContent === text) return;
  const parts = text.split(known), seen = new Set();
  host.replaceChildren(...parts.map((part, i) => {
    const isWhole = i % 2 === 1 && !/[\p{L}\p{N}_/-]$/u.test(parts[i - 1]) && !/^[\p{L}\p{N}_]/u.test(parts[i + 1]);
    if (!isWhole || seen.has(part)) return part;
    seen.add(part);
    const button = document.createElement("span");
    Object.assign(button, { className: "term", textContent: part, tabIndex: 0, role: "button" });
    button.dataset.means = meaning(part);
    button.setAttribute("aria-description", meaning(part));
    return button;
  }));
}

function show(event) {
  const term = event.target.closest?.(".term");
  if (!term) return;
  const box = term.getBoundingClientRect();
  showTip(box.left, box.bottom - 12, term.textContent, [["", term.dataset.means]]);
}
export function bindTerms() {
  for (const name of ["pointerover", "focusin", "click"]) document.addEventListener(name, show);
  for (const name of ["pointerout", "focusout"]) document.addEventListener(name, (event) => { if (/** @type {any} */ (event.target).closest?.(".term")) hideTip(); });
}
