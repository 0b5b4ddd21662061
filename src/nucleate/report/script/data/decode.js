// The page's data: texts as they are; numbers in one compressed block, from which every array is taken when it is asked for.

/** @typedef {{type: string, at: number, n: number}} Packed */
/** @typedef {{texts: string[], code: Uint8Array|Uint16Array|Uint32Array}} Column */

const ARRAYS = { Float32: Float32Array, Uint8: Uint8Array, Uint16: Uint16Array, Uint32: Uint32Array, Int32: Int32Array };

export const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** The document; there once the page is open. */
export let page = /** @type {any} */ (null);
let block = new Uint8Array();

/** Inflate the numbers and read the document; everything else is loaded afterwards. */
export async function open() {
  const text = atob(element("page-numbers").textContent), packed = new Uint8Array(text.length);
  for (let i = 0; i < packed.length; i++) packed[i] = text.charCodeAt(i);
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  block = new Uint8Array(await new Response(inflated).arrayBuffer());
  page = JSON.parse(element("page-data").textContent);
}

/** An array out of the block, where the first bytes of all its values stand before the second ones. @param {Packed} packed @returns {any} */
export function decode({ type, at, n }) {
  const made = new ARRAYS[type](n), width = made.BYTES_PER_ELEMENT, bytes = new Uint8Array(made.buffer);
  for (let k = 0; k < width; k++) for (let i = 0, from = at + k * n; i < n; i++) bytes[i * width + k] = block[from + i];
  return made;
}

export const distinct = (/** @type {Iterable<any>} */ values) => [...new Set(values)];
export const nearest = (/** @type {number[]} */ values, /** @type {number} */ wanted) =>
  values.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
