// What the reader has chosen. Every figure listens; none talks to another.
const state = {
  factor: page.chosen.factor, position: page.chosen.position, measure: page.chosen.measure,
  preparation: page.chosen.preparation, group: 0, split: page.chosen.split, scale: "linear", step: 0, site: "",
  run: 0, colour: "task", embedding: "pca", search: "", isolated: -1, zoom: true,
};
/** A model that was looked at once: layers and factors take the place of steps. */
const oneStep = distinct(agreement.flatMap((one) => [...one.step])).length === 1;
const FACTOR_RANK = { task: -2, dialect: -1, instruction: 1, input: 2, output: 3, task_input: 4, "": 5 };
const byFactor = (a, b) => (FACTOR_RANK[a] ?? 0) - (FACTOR_RANK[b] ?? 0) || (a < b ? -1 : 1);
const listeners = [];
const onChange = (listener) => listeners.push(listener);

function choose(changes) {
  const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
  if (!changed.length) return;
  Object.assign(state, changes);
  settle();
  for (const listener of listeners) listener(new Set(changed));
}

const runsOfGroup = (group) => page.runs.flatMap((run, index) => (run.group === group ? [index] : []));
const element = (id) => document.getElementById(id);

/** What there is to choose from, each given the choices before it. */
function choices() {
  const runs = new Set(runsOfGroup(state.group));
  let rows = agreement.filter((one) => one.control === "none" && runs.has(one.run));
  const found = {};
  for (const name of ["factor", "position", "measure", "preparation"]) {
    found[name] = distinct(rows.map((one) => one[name]));
    if (name === "factor") found[name].sort(byFactor);
    rows = rows.filter((one) => one[name] === (found[name].includes(state[name]) ? state[name] : found[name][0]));
  }
  found.split = distinct(rows.map((one) => one.split));
  found.site = sitesOf(rows);
  found.step = distinct(rows.flatMap((one) => [...one.step])).sort((a, b) => a - b);
  return found;
}

/** Where a choice is not to be had beside the others, take the nearest that is. */
function settle() {
  const found = choices();
  for (const name of ["factor", "position", "measure", "preparation", "split", "site"]) {
    if (found[name].length && !found[name].includes(state[name])) {
      const layers = found.site.filter((site) => site.startsWith("block."));
      state[name] = name === "site" ? layers.at(-1) ?? found.site.at(-1) : found[name][0];
    }
  }
  const steps = stepsToChoose(found.step);
  if (steps.length && !steps.includes(state.step)) state.step = nearest(steps, state.step);
  if (!runsOfGroup(state.group).includes(state.run)) state.run = runsOfGroup(state.group)[0];
}

/** The steps that have points, and those that have the scores in question: a metric may be taken at fewer. */
const stepsToChoose = (scored = choices().step) => distinct([...(runPoints[state.run]?.steps ?? []), ...scored]).sort((a, b) => a - b);

const nearest = (values, wanted) => values.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));

/** Fill a <select>; labels are text and nothing else. */
function fill(select, values, words = (value) => String(value), selected = null, always = false) {
  const same = select.options.length === values.length && values.every((value, i) => select.options[i].value === String(value));
  if (!same) select.replaceChildren(...values.map((value) => new Option(words(value), value)));
  if (selected !== null) select.value = selected;
  select.closest("label").hidden = values.length < 2 && !always;
}
