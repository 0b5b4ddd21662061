// The view in the address, so that a link shows what was seen and the back button goes back: works from file:// too, since only the part
// behind # changes. Points are named by the numbers of their instances.
import { element } from "../data/decode.js";
import { choose, onChange, state } from "./state.js";
import { idOf, numberOf, pointsNow } from "../points/labels.js";

const NAMES = ["factor", "position", "measure", "preparation", "split", "scale", "step", "site", "embedding", "color", "group", "run", "two", "besideSite", "besideStep"];
const NUMBERS = new Set(["step", "group", "run", "besideStep"]), REST_MS = 250;
let usual = /** @type {Record<string, any>} */ ({}), reading = false, resting = 0, pushing = false;

/** The view as text: only what differs from how the page opens. */
export function addressOf() {
  const query = new URLSearchParams();
  for (const name of NAMES) if (state[name] !== usual[name]) query.set(name, String(state[name]));
  if (state.selected && pointsNow()) { query.set("points", packed([...state.selected].map(idOf))); query.set("why", state.why); }
  if (state.pinned >= 0 && pointsNow()) query.set("pin", String(idOf(state.pinned)));
  return query.toString();
}
/** Ascending numbers as differences, in base 36. */
const packed = (ids) => ids.sort((a, b) => a - b).map((id, i) => (id - (i ? ids[i - 1] : 0)).toString(36)).join(".");
function unpacked(/** @type {string} */ text) {
  let id = 0;
  return text.split(".").filter(Boolean).map((part) => (id += parseInt(part, 36)));
}

export function readAddress() {
  const text = location.hash.slice(1);
  if (text && !text.includes("=")) return; // a section of the page
  const query = new URLSearchParams(text), changes = /** @type {any} */ ({});
  for (const name of NAMES) { const value = query.get(name) ?? usual[name]; changes[name] = NUMBERS.has(name) ? Number(value) : name === "two" ? String(value) === "true" : value; }
  const known = (ids) => ids.map(numberOf).filter((i) => i >= 0 && i < (pointsNow()?.n_points ?? 0));
  changes.selected = query.has("points") ? new Set(known(unpacked(query.get("points")))) : null;
  changes.why = query.get("why") ?? "";
  changes.search = changes.why.startsWith("found: ") ? changes.why.slice(7) : "";
  changes.pinned = query.has("pin") ? known([Number(query.get("pin"))])[0] ?? -1 : -1;
  reading = true;
  choose(changes);
  reading = false;
}

export function bindAddress() {
  usual = { ...state };
  onChange((changed) => {
    if (reading) return;
    pushing ||= !["step", "search", "selected"].some((name) => changed.has(name));
    clearTimeout(resting);
    resting = window.setTimeout(() => {
      const text = `#${addressOf()}`;
      if (text !== (location.hash || "#")) history[pushing ? "pushState" : "replaceState"](null, "", text);
      pushing = false;
    }, REST_MS);
  });
  addEventListener("popstate", readAddress);
  // A section is gone to without losing the view from the address.
  for (const link of document.querySelectorAll("a[href^='#']")) link.addEventListener("click", (event) => {
    const target = element(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    target.scrollIntoView();
    target.querySelector("h2, h1")?.focus?.({ preventScroll: true });
  });
  element("copy-link").addEventListener("click", async () => {
    const link = `${location.href.split("#")[0]}#${addressOf()}`, button = element("copy-link"), words = button.textContent;
    try { await navigator.clipboard.writeText(link); button.textContent = "Copied"; } catch { prompt("The link to this view:", link); }
    setTimeout(() => { button.textContent = words; }, 1500);
  });
}
