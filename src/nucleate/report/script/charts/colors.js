// Colors of the style sheet. Labels have a color and a shape: the two together name one, so that color alone never must.
import { page } from "../data/decode.js";
import { layerOf } from "../data/words.js";

const known = new Map();
/** A custom property of the style sheet; asked of the browser once, and again after `forgetColors`. */
export function css(/** @type {string} */ name) {
  if (!known.has(name)) known.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return known.get(name);
}
export const forgetColors = () => known.clear();
const hex = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
export const dark = matchMedia("screen and (prefers-color-scheme: dark)"); // paper is never dark
export const narrow = matchMedia("(max-width: 40rem)");
export const still = matchMedia("(prefers-reduced-motion: reduce)");

/** A color between the stops `--name-0` ... of the style sheet; `t` from 0 to 1. */
export function between(name, n, t) {
  const at = Math.min(Math.max(t, 0), 1) * (n - 1), low = Math.min(Math.floor(at), n - 2);
  const [a, b] = [low, low + 1].map((index) => hex(css(`--${name}-${index}`)));
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * (at - low))).join(",")})`;
}
/** The ink that is read best on a color of `between`: the page's own, or the other of light and dark. */
export function inkOn(color) {
  const light = color.match(/\d+/g).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const ground = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return 1.05 / (ground + 0.05) > (ground + 0.05) / 0.062 ? "#ffffff" : "#1d1f24"; // 0.062: of the dark ink, 0.05 more
}
export const heat = (/** @type {number} */ t) => between("heat", 4, t);

const top = Math.max(1, ...page.scores.names.site.map((name) => layerOf(name) ?? 0));
export function siteColor(/** @type {string} */ site) {
  const layer = layerOf(site);
  return layer === null ? css("--ink") : between("layer", 5, layer / top);
}
/** The mark of a layer beside its color: neighbors never share one. */
export const siteShape = (/** @type {string} */ site) => SHAPES[(layerOf(site) ?? 4) % SHAPES.length];

// After Okabe and Ito; neighbors in this order are told apart with every kind of color blindness.
const HUES = { light: ["#0072b2", "#d55e00", "#00795a", "#b0568f", "#8a6d00", "#2b8fc7", "#5b5b5b", "#7a3fb0"],
  dark: ["#5aa9e6", "#f08a4b", "#3cc49a", "#e39ac8", "#d9bf3d", "#9ad4f5", "#bdbdbd", "#b99af0"] };
export const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
export const hueOf = (/** @type {number} */ index) => HUES[dark.matches ? "dark" : "light"][index % 8];
/** Eight colors, five shapes: neighbors differ in both, forty labels in one of them. */
export const shapeOf = (/** @type {number} */ index) => SHAPES[(index + Math.floor(index / 40)) % SHAPES.length];

/** Corners of a shape of radius 1 around the origin; a circle has none. */
const CORNERS = {
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  triangle: [[0, -1.15], [1.05, 0.75], [-1.05, 0.75]],
  diamond: [[0, -1.25], [1.0, 0], [0, 1.25], [-1.0, 0]],
  cross: [[-1.1, -0.4], [-0.4, -0.4], [-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4]],
};
/** Add a shape to a path: a canvas's, or one that is written down. */
export function trace(path, shape, x, y, r) {
  if (shape === "circle") { path.moveTo(x + r, y); path.arc(x, y, r, 0, 6.2832); return; }
  CORNERS[shape].forEach(([dx, dy], i) => (i ? path.lineTo(x + dx * r, y + dy * r) : path.moveTo(x + dx * r, y + dy * r)));
  path.closePath();
}
/** As much of a canvas path as `trace` asks for, written down. */
export class SvgPath {
  text = "";
  moveTo(x, y) { this.text += `M${x.toFixed(1)} ${y.toFixed(1)}`; }
  lineTo(x, y) { this.text += `L${x.toFixed(1)} ${y.toFixed(1)}`; }
  closePath() { this.text += "Z"; }
  arc(x, y, r) { this.text = `${this.text.slice(0, this.text.lastIndexOf("M"))}M${(x + r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`; }
}
export function shapePath(shape, x, y, r) {
  const path = new SvgPath();
  trace(path, shape, x, y, r);
  return path.text;
}
