// Scores as series over steps: a key in words, and its numbers.
import { mode } from "d3-array";
import { decode, distinct, page } from "./decode.js";

/**
 * @typedef {object} Series
 * @property {number} run @property {string} split @property {string} position @property {string} factor
 * @property {string} site @property {string} preparation @property {string} method @property {string} metric
 * @property {string} control @property {string} measure
 * @property {number[]} step @property {number[]} value @property {number[]} low @property {number[]} high
 * @property {number[]} n_examples @property {number[]} strongest code of the strongest control, in `names.control`
 * @property {number[]} control_value @property {number[]} control_high
 */

export const KEY = ["run", "split", "position", "factor", "site", "preparation", "method", "metric", "control"];
const NOT_AGREEMENT = new Set(["model", "unseen", "intervene", "states"]);

const { names, codes, starts, n_steps_in_file: _, ...columns } = page.scores;
const code = Object.fromEntries(KEY.map((name) => [name, decode(codes[name])])), at = decode(starts);
const numbers = Object.entries(columns).map(([name, array]) => [name, decode(array)]), made = /** @type {Series[]} */ (new Array(at.length - 1));
const whole = [...made.keys()];

/** A series, made when it is first asked for: a page has tens of thousands and shows a few hundred. */
function seriesAt(/** @type {number} */ index) {
  if (made[index]) return made[index];
  const one = /** @type {any} */ (Object.fromEntries(KEY.map((name) => [name, names[name][code[name][index]]])));
  one.run = Number(one.run);
  one.measure = `${one.method}/${one.metric}`;
  for (const [name, array] of numbers) one[name] = array.subarray(at[index], at[index + 1]);
  return (made[index] = one);
}
/** Those of `among` whose key has the values that are wanted; codes are compared, not words. */
function indicesWhere(/** @type {Record<string, any>} */ wanted, among = whole) {
  const { measure, ...rest } = wanted, cut = measure?.indexOf("/"), all = measure === undefined ? rest : { ...rest, method: measure.slice(0, cut), metric: measure.slice(cut + 1) };
  return Object.entries(all).reduce((left, [name, value]) => {
    const sought = names[name].indexOf(String(value)), codesOf = code[name];
    return left.filter((index) => codesOf[index] === sought);
  }, among);
}
/** @returns {Series[]} */
export const seriesWhere = (/** @type {Record<string, any>} */ wanted) => indicesWhere(wanted).map(seriesAt);
export const isThere = (/** @type {Record<string, any>} */ wanted) => indicesWhere(wanted).length > 0;
export const allSeries = () => whole.map(seriesAt);

/** Figures of clusters and labels, controls left out: what the lens looks through. */
export const agreement = indicesWhere({ control: "none" }).map(seriesAt).filter((one) => !NOT_AGREEMENT.has(one.method) && one.site !== "");
/** Every step at which anything was measured of states. */
export const allSteps = distinct(agreement.flatMap((one) => [...one.step])).sort((a, b) => a - b);
/** A model that was looked at once: layers and factors take the place of steps. */
export const oneStep = allSteps.length === 1;

const siteRank = new Map(page.scores.names.site.map((site, index) => [site, index]));
export const sitesOf = (/** @type {Series[]} */ list) => distinct(list.map((one) => one.site)).sort((a, b) => siteRank.get(a) - siteRank.get(b));

/** How many steps of a run are on this page, of the run that has most. */
export const stepsKept = () => {
  const found = page.runs.map(() => new Set()), steps = decode(columns.step), runs = page.runs.map((_, run) => names.run.indexOf(String(run)));
  for (const index of whole) for (let i = at[index]; i < at[index + 1]; i++) found[runs.indexOf(code.run[index])].add(steps[i]);
  return Math.max(...found.map((one) => one.size));
};

/** Measures that have no label of their own, such as the agreement of clusterings with each other. */
export const withoutLabel = new Set(agreement.filter((one) => one.factor === "").map((one) => one.measure));
/** For each measure the steps at which it was taken, of any factor and position. */
export const stepsOfMeasure = (() => {
  const found = new Map();
  for (const one of agreement) {
    const steps = found.get(one.measure) ?? new Set();
    for (const step of one.step) steps.add(step);
    found.set(one.measure, steps);
  }
  return new Map([...found].map(([name, steps]) => [name, [...steps].sort((a, b) => a - b)]));
})();
/** Whether a measure was taken at too few steps to join its dots. */
export const isSparse = (/** @type {string} */ measure) => (stepsOfMeasure.get(measure)?.length ?? 0) < allSteps.length;

const LOWER_IS_BETTER = new Set(page.lower_is_better);
export const lowerIsBetter = (/** @type {string} */ measure) => LOWER_IS_BETTER.has(measure.split("/")[1]);
/** Whether 1 is the most that a measure can be; those that are better when lower have no such end. */
export const isBounded = (/** @type {string} */ measure) => !lowerIsBetter(measure);

/** From so many seeds on there is an interval between them; of two, the range says more. */
export const LEAST_SEEDS = 3;
/** Ends of the 95 % interval of a mean between seeds, by Student, or the range of two. */
function endsOf(/** @type {number[]} */ all) {
  const n = all.length;
  if (n < LEAST_SEEDS) return [Math.min(...all), Math.max(...all)];
  const mean = all.reduce((a, b) => a + b, 0) / n, spread = Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1)), reach = (page.student[n] * spread) / Math.sqrt(n);
  return [mean - reach, mean + reach];
}
/** Mean over the runs of a group with its band: the interval of one run, or that between seeds; the commonest of their strongest controls, the fewest of their examples. */
export function overRuns(/** @type {Series[]} */ list) {
  if (!list.length) return null;
  if (list.length === 1) return list[0];
  const steps = distinct(list.flatMap((one) => [...one.step])).sort((a, b) => a - b);
  const there = steps.map((step) => list.map((one) => ({ one, i: one.step.indexOf(step) })).filter(({ i }) => i >= 0));
  const of = (name) => there.map((all) => all.map(({ one, i }) => one[name][i]).filter(Number.isFinite));
  const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length, values = of("value"), ends = values.map(endsOf);
  return {
    ...list[0], step: steps, value: values.map(mean), low: ends.map(([low]) => low), high: ends.map(([, high]) => high),
    control_value: of("control_value").map(mean), control_high: of("control_high").map(mean), n_examples: of("n_examples").map((all) => Math.min(...all)),
    strongest: there.map((all) => mode(all.filter(({ one, i }) => Number.isFinite(one.control_value[i])), ({ one, i }) => one.strongest[i])), members: list,
  };
}
