// The page's data, decoded once: texts as they are, numbers out of base64.

/** @typedef {{type: string, base64: string}} Packed */
/** @typedef {{texts: string[], code: Uint8Array|Uint16Array|Uint32Array}} Column */

const ARRAYS = { Float32: Float32Array, Uint8: Uint8Array, Uint16: Uint16Array, Uint32: Uint32Array, Int32: Int32Array };

export const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
export const page = JSON.parse(element("page-data").textContent);

/** @param {Packed} packed @returns {any} */
export function decode({ type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new ARRAYS[type](bytes.buffer);
}

export const distinct = (/** @type {Iterable<any>} */ values) => [...new Set(values)];
export const nearest = (/** @type {number[]} */ values, /** @type {number} */ wanted) =>
  values.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
