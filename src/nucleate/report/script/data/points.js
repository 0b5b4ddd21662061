// The points of each run: columns decoded at once, pictures when they are asked for.
import { decode, page } from "./decode.js";

/** @typedef {{n: number, steps: number[], low: number, high: number, xy: Uint16Array, cluster: Uint8Array}} Place */

function decodePoints(points) {
  if (!points) return null;
  const column = ({ texts, code }) => ({ texts, code: decode(code) }), places = new Map(), besides = new Map();
  return {
    ...points, ids: points.ids ? decode(points.ids) : null, predicted: column(points.predicted),
    columns: Object.fromEntries(Object.entries(points.columns).map(([name, one]) => [name, column(one)])),
    /** @returns {Place|undefined} */
    place(name) {
      if (!places.has(name) && points.frames[name]) {
        const { xy, cluster, ...rest } = points.frames[name], shared = points.clusters[cluster];
        const codes = decode(shared.code);
        places.set(name, { ...rest, xy: decode(xy), cluster: codes, n_cluster: points.n_points, n_clusters: 1 + codes.reduce((a, b) => Math.max(a, b), 0), clusterSteps: shared.steps });
      }
      return places.get(name);
    },
    /** Neighbors and centroids of the points at a position and site. */
    beside(name) {
      if (!besides.has(name) && points.neighbors?.[name]) {
        const { nearest, to_own, to_other, ...rest } = points.neighbors[name];
        besides.set(name, { ...rest, nearest: decode(nearest), to_own: decode(to_own), to_other: decode(to_other) });
      }
      return besides.get(name);
    },
  };
}
export const runPoints = page.points.map(decodePoints);
export const hasClusters = runPoints.some(Boolean);
