// What the reader has chosen. Every figure listens; none talks to another.
import { distinct, element, nearest, page } from "../data/decode.js";
import { agreement, allSteps, sitesOf, withoutLabel } from "../data/series.js";
import { byFactor } from "../data/words.js";
import { runPoints } from "../data/points.js";

export const state = {
  factor: page.chosen.factor, position: page.chosen.position, measure: page.chosen.measure, preparation: page.chosen.preparation,
  group: 0, split: page.chosen.split, scale: "linear", step: 0, site: "",
  run: 0, color: page.chosen.factor, embedding: "tsne", search: "", zoom: true,
  /** Whether a second map stands beside the first, and of which layer and step. */
  two: false, besideSite: "", besideStep: 0,
  /** Numbers of points in the light, null for all of them; `why` says how they were chosen. */
  selected: /** @type {Set<number>|null} */ (null), why: "", pinned: -1,
};
/** What was asked for and is not to be had: said beside the bar of choices. */
export const replaced = /** @type {{name: string, wanted: string}[]} */ ([]);

const asked = { position: state.position, measure: state.measure, preparation: state.preparation, split: state.split };

const listeners = /** @type {((changed: Set<string>) => void)[]} */ ([]);
export const onChange = (listener) => listeners.push(listener);

export function choose(/** @type {Partial<typeof state>} */ changes) {
  const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
  if (!changed.length) return;
  // Points are colored by the label that is spoken of until the reader chooses otherwise.
  if (changed.includes("factor") && !changes.color && state.color === state.factor && hasColumn(changes.factor)) state.color = changes.factor;
  const before = { ...state };
  Object.assign(state, changes);
  // What was asked for comes back where it is to be had again.
  for (const name of Object.keys(asked)) if (name in changes) asked[name] = changes[name]; else state[name] = asked[name];
  settle();
  const all = Object.keys(state).filter((name) => state[name] !== before[name]);
  for (const listener of listeners) listener(new Set(all));
}
const hasColumn = (name) => Boolean(runPoints[state.run]?.columns[name]);

export const several = page.groups.length > 1;
export const runsOfGroup = (/** @type {number} */ group) => page.runs.flatMap((run, index) => (run.group === group ? [index] : []));
export const inGroup = (/** @type {number} */ group) => { const runs = new Set(runsOfGroup(group)); return (one) => runs.has(one.run); };
/** The factor that a measure is filed under: some need no label. */
export const factorOf = (factor = state.factor) => (withoutLabel.has(state.measure) ? "" : factor);
/** What the reader looks through; a panel may be about a factor of its own. */
export const lensOf = ({ factor = state.factor } = {}) => ({ factor: factorOf(factor), position: state.position, measure: state.measure, preparation: state.preparation });

/** What is taken where a choice is not to be had: what the page opens with, then plain agreement. */
const usualOf = (name) => [page.chosen[name], ...(name === "measure" ? ["kmeans/ari"] : [])];

/** What there is to choose from, each given the choices before it. */
export function choices() {
  const runs = new Set(runsOfGroup(state.group));
  let rows = agreement.filter((one) => runs.has(one.run));
  const found = /** @type {any} */ ({ factor: distinct(rows.map((one) => one.factor)).filter(Boolean).sort(byFactor) });
  const pick = (name) => [state[name], ...usualOf(name)].find((value) => found[name].includes(value)) ?? found[name][0];
  rows = rows.filter((one) => one.factor === "" || one.factor === pick("factor"));
  for (const name of ["position", "measure", "preparation"]) {
    found[name] = distinct(rows.map((one) => one[name]));
    rows = rows.filter((one) => one[name] === pick(name));
  }
  found.split = distinct(rows.map((one) => one.split));
  found.site = sitesOf(rows);
  found.step = distinct(rows.flatMap((one) => [...one.step])).sort((a, b) => a - b);
  return found;
}

/** Where a choice is not to be had beside the others, take the nearest that is, and remember to say so. */
export function settle() {
  replaced.length = 0;
  const found = choices();
  for (const name of ["factor", "position", "measure", "preparation", "split", "site"]) {
    if (!found[name].length || found[name].includes(state[name])) continue;
    const layers = found.site.filter((site) => site.startsWith("block."));
    if (name in asked && state[name]) replaced.push({ name, wanted: state[name] });
    const usual = usualOf(name).find((value) => found[name].includes(value)) ?? found[name][0];
    state[name] = name === "site" ? layers.at(-1) ?? found.site.at(-1) : usual;
  }
  const steps = stepsToChoose();
  if (steps.length && !steps.includes(state.step)) state.step = nearest(steps, state.step);
  if (!runsOfGroup(state.group).includes(state.run)) { state.run = runsOfGroup(state.group)[0]; state.selected = null; state.pinned = -1; }
}

/** The steps that have points or scores, whatever the measure: a step chosen stays chosen. */
export const stepsToChoose = () => distinct([...(runPoints[state.run]?.steps ?? []), ...allSteps]).sort((a, b) => a - b);

/** Fill a <select>; labels are text and nothing else. `groupOf` puts options under headings. */
export function fill(select, values, words = (value) => String(value), selected = null, always = false, groupOf = null) {
  const options = [...select.options], same = options.length === values.length && values.every((value, i) => options[i].value === String(value) && options[i].label === words(value));
  if (!same) {
    const made = values.map((value) => new Option(words(value), value)), headings = groupOf ? distinct(values.map(groupOf)) : [];
    if (headings.length < 2) select.replaceChildren(...made);
    else select.replaceChildren(...headings.map((heading) => {
      const group = document.createElement("optgroup");
      group.label = heading;
      group.append(...made.filter((_, i) => groupOf(values[i]) === heading));
      return group;
    }));
  }
  if (selected !== null) select.value = selected;
  select.closest("label").hidden = values.length < 2 && !always;
}
export { element };
