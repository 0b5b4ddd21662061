// The page's data, decoded once: scores as series over steps, points as frames.
const ARRAYS = { Float32: Float32Array, Uint8: Uint8Array, Uint16: Uint16Array, Uint32: Uint32Array, Int32: Int32Array };
const page = JSON.parse(document.getElementById("page-data").textContent);

function decode({ type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new ARRAYS[type](bytes.buffer);
}

const KEY = ["run", "split", "position", "factor", "site", "preparation", "method", "metric", "control"];
const NOT_AGREEMENT = new Set(["model", "unseen", "intervene"]);

/** Every series of scores: its key in words, and its numbers. */
const series = (() => {
  const { names, codes, starts, n_steps_in_file: _, ...columns } = page.scores;
  const code = Object.fromEntries(KEY.map((name) => [name, decode(codes[name])]));
  const at = decode(starts);
  const numbers = Object.fromEntries(Object.entries(columns).map(([name, array]) => [name, decode(array)]));
  return Array.from(code.run, (_, index) => {
    const one = Object.fromEntries(KEY.map((name) => [name, names[name][code[name][index]]]));
    one.run = Number(one.run);
    one.measure = `${one.method}/${one.metric}`;
    one.order = code.site[index];
    for (const [name, array] of Object.entries(numbers)) one[name] = array.subarray(at[index], at[index + 1]);
    return one;
  });
})();

const matches = (one, wanted) => Object.entries(wanted).every(([name, value]) => one[name] === value);
const seriesWhere = (wanted) => series.filter((one) => matches(one, wanted));
const agreement = series.filter((one) => !NOT_AGREEMENT.has(one.method) && one.site !== "");
const distinct = (values) => [...new Set(values)];
const siteRank = new Map(page.scores.names.site.map((site, index) => [site, index]));
const sitesOf = (list) => distinct(list.map((one) => one.site)).sort((a, b) => siteRank.get(a) - siteRank.get(b));

/** The points of one run, columns decoded at once, frames when they are asked for. */
function decodePoints(points) {
  if (!points) return null;
  const column = ({ texts, code }) => ({ texts, code: decode(code) });
  const columns = Object.fromEntries(Object.entries(points.columns).map(([name, one]) => [name, column(one)]));
  const places = new Map();
  return {
    ...points,
    columns,
    predicted: column(points.predicted),
    place(name) {
      if (!places.has(name) && points.frames[name]) {
        const { xy, cluster, ...range } = points.frames[name];
        places.set(name, { ...range, xy: decode(xy), cluster: decode(cluster) });
      }
      return places.get(name);
    },
  };
}
const runPoints = page.points.map(decodePoints);
