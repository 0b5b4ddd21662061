// Scores as series over steps: a key in words, and its numbers.
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

/** @type {Series[]} */
export const series = (() => {
  const { names, codes, starts, n_steps_in_file: _, ...columns } = page.scores;
  const code = Object.fromEntries(KEY.map((name) => [name, decode(codes[name])])), at = decode(starts);
  const numbers = Object.fromEntries(Object.entries(columns).map(([name, array]) => [name, decode(array)]));
  return Array.from(code.run, (_, index) => {
    /** @type {any} */
    const one = Object.fromEntries(KEY.map((name) => [name, names[name][code[name][index]]]));
    one.run = Number(one.run);
    one.measure = `${one.method}/${one.metric}`;
    for (const [name, array] of Object.entries(numbers)) one[name] = array.subarray(at[index], at[index + 1]);
    return one;
  });
})();

const matches = (one, wanted) => Object.entries(wanted).every(([name, value]) => one[name] === value);
/** @returns {Series[]} */
export const seriesWhere = (/** @type {object} */ wanted) => series.filter((one) => matches(one, wanted));
/** Figures of clusters and labels: what the lens looks through. */
export const agreement = series.filter((one) => !NOT_AGREEMENT.has(one.method) && one.site !== "");
/** Every step at which anything was measured of states. */
export const allSteps = distinct(agreement.filter((one) => one.control === "none").flatMap((one) => [...one.step])).sort((a, b) => a - b);
/** A model that was looked at once: layers and factors take the place of steps. */
export const oneStep = allSteps.length === 1;

const siteRank = new Map(page.scores.names.site.map((site, index) => [site, index]));
export const sitesOf = (/** @type {Series[]} */ list) => distinct(list.map((one) => one.site)).sort((a, b) => siteRank.get(a) - siteRank.get(b));

/** Measures that have no label of their own, such as the agreement of clusterings with each other. */
export const withoutLabel = new Set(agreement.filter((one) => one.factor === "").map((one) => one.measure));
/** For each measure the steps at which it was taken, of any factor and position. */
export const stepsOfMeasure = (() => {
  const found = new Map();
  for (const one of agreement) if (one.control === "none") found.set(one.measure, new Set([...(found.get(one.measure) ?? []), ...one.step]));
  return new Map([...found].map(([name, steps]) => [name, [...steps].sort((a, b) => a - b)]));
})();
/** Whether a measure was taken at too few steps to join its dots. */
export const isSparse = (/** @type {string} */ measure) => (stepsOfMeasure.get(measure)?.length ?? 0) < allSteps.length;

const LOWER_IS_BETTER = new Set(page.lower_is_better);
export const lowerIsBetter = (/** @type {string} */ measure) => LOWER_IS_BETTER.has(measure.split("/")[1]);
/** Whether 1 is the most that a measure can be; those that are better when lower have no such end. */
export const isBounded = (/** @type {string} */ measure) => !lowerIsBetter(measure);

/** Mean over the runs of a group with its band: an interval where there is one run, the range of seeds else. */
export function overRuns(/** @type {Series[]} */ list) {
  if (!list.length) return null;
  if (list.length === 1) return list[0];
  const steps = distinct(list.flatMap((one) => [...one.step])).sort((a, b) => a - b);
  const of = (name) => steps.map((step) => list.map((one) => one[name][one.step.indexOf(step)]).filter(Number.isFinite));
  const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length, values = of("value");
  return {
    ...list[0], step: steps, value: values.map(mean), low: values.map((all) => Math.min(...all)), high: values.map((all) => Math.max(...all)),
    control_value: of("control_value").map(mean), control_high: of("control_high").map(mean), n_examples: steps.map(() => list[0].n_examples[0]), strongest: steps.map((_, i) => list[0].strongest[i]), members: list,
  };
}
