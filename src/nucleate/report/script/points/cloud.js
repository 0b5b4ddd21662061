// Many points at once, pixel by pixel into an array of our own. Every shape is stamped once, at sixteen places within a pixel, by the
// same path that draws few points; a point is then a stamp laid over what is there. A hundred thousand take a processor some ten
// milliseconds. WebGL was here before: where a processor draws for it, reading its picture back took thirty times as long.
import { colorOfLabel, labeling, shapeOfLabel } from "./labels.js";
import { SHAPES, css, dark, trace } from "../charts/colors.js";
import { state } from "../state/state.js";
import { isLit } from "./selection.js";

/** More points than this are drawn here. */
export const MANY = 4000;
/** While points travel no more of them are drawn; all are once they rest. */
export const MOST_MOVING = 20000;
const PARTS = 4, LIT = 0.85, SHADED = 0.3, SHADE = SHAPES.length;
const picture = document.createElement("canvas");
/** @typedef {{place: Int32Array, share: Uint16Array}} Stamp the pixels that it covers: how far on in the picture's bytes, and how much, from 0 to 256 */
let image = /** @type {ImageData|null} */ (null), stamps = /** @type {{key: string, half: number, all: Stamp[]}} */ ({ key: "", half: 0, all: [] });
let dressed = /** @type {{key: any[], label: Int32Array, hues: Uint8Array, marks: Uint8Array}} */ ({ key: [], label: new Int32Array(), hues: new Uint8Array(), marks: new Uint8Array() });

/** Each shape at every part of a pixel; last those of a point in the shade. */
function stampsOf(/** @type {number} */ radius, /** @type {number} */ size) {
  const key = `${radius}/${size}`;
  if (stamps.key === key) return stamps;
  const half = Math.ceil(radius * 1.25) + 1, side = 2 * half + 1, small = document.createElement("canvas"), context = small.getContext("2d", { willReadFrequently: true }), all = [];
  Object.assign(small, { width: side, height: side });
  for (const [shape, r, share] of /** @type {[string, number, number][]} */ ([...SHAPES.map((one) => [one, radius, LIT]), ["circle", radius * 0.6, SHADED]])) {
    for (let part = 0; part < PARTS * PARTS; part++) {
      context.clearRect(0, 0, side, side);
      context.beginPath();
      trace(context, shape, half + ((part % PARTS) + 0.5) / PARTS, half + (Math.floor(part / PARTS) + 0.5) / PARTS, r);
      context.fill();
      const { data } = context.getImageData(0, 0, side, side);
      const covered = [...Array(side * side).keys()].filter((i) => data[4 * i + 3] > 3);
      all.push({ place: Int32Array.from(covered, (i) => 4 * ((Math.floor(i / side) - half) * size + (i % side) - half)), share: Uint16Array.from(covered, (i) => Math.round((data[4 * i + 3] / 255) * 256 * share)) });
    }
  }
  return (stamps = { key, half, all });
}
const parse = (color) => (color.startsWith("#") ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : color.match(/\d+/g).slice(0, 3).map(Number));

/** The label of every point, -1 in the shade; made anew where the coloring, the selection or what it rests on has changed. */
function dress(/** @type {number} */ n) {
  const key = [n, state.color, state.selected, state.run, dark.matches, state.step, state.site, state.factor];
  if (key.every((value, i) => value === dressed.key[i])) return dressed;
  const { code, texts } = labeling(), label = Int32Array.from(code).subarray(0, n);
  if (state.selected) for (let i = 0; i < n; i++) if (!isLit(i)) label[i] = -1;
  return (dressed = { key, label, hues: Uint8Array.from(Array.from(texts, (_, one) => parse(colorOfLabel(one))).flat()), marks: Uint8Array.from(Array.from(texts, (_, one) => SHAPES.indexOf(shapeOfLabel(one)))) });
}

/** A picture of points at `at` (all x, then all y, from 0 to 1), `size` pixels wide: of all, or of a `share` that is the same in every frame. */
export function cloud(/** @type {Float32Array} */ at, /** @type {number} */ size, /** @type {number} */ radius, share = 1) {
  const n = at.length / 2, { label, hues, marks } = dress(n), context = picture.getContext("2d"), ground = parse(css("--raised"));
  if (picture.width !== size || !image) { Object.assign(picture, { width: size, height: size }); image = context.createImageData(size, size); }
  const most = share * 0xffffffff, data = new Uint8Array(image.data.buffer), { half, all } = stampsOf(radius, size), shade = parse(css("--control"));
  new Uint32Array(image.data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  for (const lit of state.selected ? [false, true] : [true]) {
    for (let i = 0; i < n; i++) {
      const one = label[i];
      if (one >= 0 !== lit || Math.imul(i, 0x9e3779b1) >>> 0 > most) continue;
      const x = at[i] * size, y = at[n + i] * size, left = Math.floor(x), top = Math.floor(y), part = Math.floor((x - left) * PARTS) + PARTS * Math.floor((y - top) * PARTS);
      if (left < half || top < half || left + half >= size || top + half >= size) continue;
      const { place, share: covers } = all[(lit ? marks[one] : SHADE) * PARTS * PARTS + part], red = lit ? hues[3 * one] : shade[0], green = lit ? hues[3 * one + 1] : shade[1], blue = lit ? hues[3 * one + 2] : shade[2];
      for (let k = 0, from = 4 * (top * size + left); k < place.length; k++) {
        const p = from + place[k], much = covers[k];
        data[p] += ((red - data[p]) * much) >> 8;
        data[p + 1] += ((green - data[p + 1]) * much) >> 8;
        data[p + 2] += ((blue - data[p + 2]) * much) >> 8;
      }
    }
  }
  context.putImageData(image, 0, 0);
  return picture;
}
