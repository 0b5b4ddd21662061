// Many points at once, by WebGL where the browser has it: a hundred thousand in one draw, also where a processor draws in software.
// Own code and not a library: those of regl (regl-scatterplot) build functions from text, which the page's policy forbids.
import { colorOfLabel, labeling, shapeOfLabel } from "./labels.js";
import { SHAPES, css, dark } from "../charts/colors.js";
import { state } from "../state/state.js";
import { isLit } from "./selection.js";

/** More points than this are drawn by WebGL. */
export const MANY = 4000;
const VERTEX = `attribute float x, y, shape; attribute vec4 color; uniform float size, pass; varying float kind; varying vec4 fill;
void main() { bool lit = shape >= 0.0; kind = lit ? shape : 0.0; fill = color; gl_Position = lit == (pass > 0.5) ? vec4(x * 2.0 - 1.0, 1.0 - y * 2.0, 0.0, 1.0) : vec4(9.0); gl_PointSize = lit ? size : size * 0.6; }`;
const FRAGMENT = `precision mediump float; varying float kind; varying vec4 fill;
void main() { vec2 p = (gl_PointCoord - 0.5) * 2.5, a = abs(p); bool on = kind < 0.5 ? length(p) < 1.0 : kind < 1.5 ? max(a.x, a.y) < 0.85 : kind < 2.5 ? p.y < 0.75 && a.x < (p.y + 1.15) * 0.55 : kind < 3.5 ? a.x * 1.25 + a.y < 1.25 : min(a.x, a.y) < 0.4 && max(a.x, a.y) < 1.1;
if (!on) discard; gl_FragColor = vec4(fill.rgb * fill.a, fill.a); }`;

let made = /** @type {any} */ (undefined);
function context() {
  if (made !== undefined) return made;
  const canvas = document.createElement("canvas"), gl = canvas.getContext("webgl", { premultipliedAlpha: true, preserveDrawingBuffer: true, antialias: false });
  if (!gl) { made = null; return made; }
  const program = gl.createProgram();
  for (const [type, text] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const at = Object.fromEntries(["x", "y", "shape", "color"].map((name) => [name, gl.getAttribLocation(program, name)])), uniform = Object.fromEntries(["size", "pass"].map((name) => [name, gl.getUniformLocation(program, name)]));
  for (const place of Object.values(at)) gl.enableVertexAttribArray(place);
  made = { canvas, gl, at, uniform, places: gl.createBuffer(), looks: gl.createBuffer(), colors: gl.createBuffer(), key: [] };
  return made;
}
const parse = (color) => (color.startsWith("#") ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : color.match(/\d+/g).slice(0, 3).map(Number));

/** Colors and shapes of all points; made anew where the coloring, the selection or what it rests on has changed. */
function dress(n) {
  const { gl, looks, colors, key } = made, now = [n, state.color, state.selected, state.run, dark.matches, state.step, state.site, state.factor];
  if (now.every((value, i) => value === key[i])) return;
  made.key = now;
  const { code, texts } = labeling(), hues = Array.from(texts, (_, label) => parse(colorOfLabel(label))), marks = Array.from(texts, (_, label) => SHAPES.indexOf(shapeOfLabel(label))), shade = parse(css("--control"));
  const shapes = new Float32Array(n), bytes = new Uint8Array(4 * n);
  for (let i = 0; i < n; i++) {
    const lit = isLit(i);
    shapes[i] = lit ? marks[code[i]] : -1;
    bytes.set(lit ? hues[code[i]] : shade, 4 * i);
    bytes[4 * i + 3] = lit ? 217 : 77;
  }
  for (const [buffer, values] of [[looks, shapes], [colors, bytes]]) { gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW); }
}

/** A picture of all points at `at` (all x, then all y, from 0 to 1), `size` pixels wide; null where there is no WebGL. */
export function cloud(/** @type {Float32Array} */ at, /** @type {number} */ size, /** @type {number} */ radius) {
  if (!context()) return null;
  const { canvas, gl, uniform, places, looks, colors } = made, n = at.length / 2;
  if (canvas.width !== size) canvas.width = canvas.height = size;
  dress(n);
  gl.viewport(0, 0, size, size);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  const point = (name, buffer, width, type, isShare, offset = 0) => { gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.vertexAttribPointer(made.at[name], width, type, isShare, 0, offset); };
  gl.bindBuffer(gl.ARRAY_BUFFER, places);
  gl.bufferData(gl.ARRAY_BUFFER, at, gl.STREAM_DRAW);
  point("x", places, 1, gl.FLOAT, false);
  point("y", places, 1, gl.FLOAT, false, 4 * n);
  point("shape", looks, 1, gl.FLOAT, false);
  point("color", colors, 4, gl.UNSIGNED_BYTE, true);
  gl.uniform1f(uniform.size, radius * 2.5);
  for (const pass of state.selected ? [0, 1] : [1]) { gl.uniform1f(uniform.pass, pass); gl.drawArrays(gl.POINTS, 0, n); }
  return canvas;
}
