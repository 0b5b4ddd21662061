// How things look: colours from the style sheet, and names in words.
const known = new Map();
/** A custom property of the style sheet; asked of the browser once, and again after `forgetColours`. */
function css(name) {
  if (!known.has(name)) known.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return known.get(name);
}
const forgetColours = () => known.clear();
const hex = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const dark = matchMedia("screen and (prefers-color-scheme: dark)"); // paper is never dark;
const narrow = matchMedia("(max-width: 40rem)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** A colour between the stops `--name-0` ... of the style sheet; `t` from 0 to 1. */
function between(name, n, t) {
  const at = Math.min(Math.max(t, 0), 1) * (n - 1), low = Math.min(Math.floor(at), n - 2);
  const [a, b] = [low, low + 1].map((index) => hex(css(`--${name}-${index}`)));
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * (at - low))).join(",")})`;
}
const faded = (colour, alpha) => colour.replace("rgb(", "rgba(").replace(")", `,${alpha})`);
const heat = (t) => between("heat", 4, t);

const layerOf = (site) => (site === "embed" ? 0 : site.startsWith("block.") ? Number(site.slice(6)) : null);
function siteColour(site) {
  const layer = layerOf(site);
  const top = Math.max(1, ...page.scores.names.site.map((name) => layerOf(name) ?? 0));
  return layer === null ? `rgb(${hex(css("--ink")).join(",")})` : between("layer", 5, layer / top);
}
const siteWords = (site) => (site === "final_norm" ? "final norm" : site === "embed" ? "layer 0" : site.replace("block.", "layer "));
const plain = (name) => name.replaceAll("_", " ");
/** A name of the tables in words; the page brings them. */
const say = (kind, name) => page.words[kind][name] ?? plain(name);
const positionWords = (position) => say("position", position), factorWords = (factor) => say("factor", factor), metricWords = (metric) => say("metric", metric);
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const measureWords = (measure) => {
  const [method, metric] = measure.split("/");
  return `${metricWords(metric)} (${say("method", method)})`;
};
const preparationWords = (name) => say("preparation", name);
const number = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : "–");

/** Text that plotly shows as it is: it would read tags and entities as markup. */
const plotlyText = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** What every plotly figure shares. */
function layout(extra) {
  const axis = { gridcolor: css("--grid"), linecolor: css("--soft"), tickcolor: css("--soft"), zeroline: false, fixedrange: true };
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: "closest", dragmode: false,
    font: { family: css("--sans"), size: 14, color: css("--soft") },
  };
  for (const name of Object.keys(extra)) if (/^[xy]axis/.test(name)) extra[name] = { ...axis, ...extra[name] };
  return { ...base, ...extra };
}
const CONFIG = { displayModeBar: false, responsive: true, staticPlot: false, doubleClick: false, showTips: false };

// Labels have a colour and a shape; the two together name one, so that colour alone never must. After Okabe and Ito.
const HUES = { light: ["#0072b2", "#d55e00", "#00795a", "#b0568f", "#8a6d00", "#2b8fc7", "#5b5b5b", "#7a3fb0"],
  dark: ["#5aa9e6", "#f08a4b", "#3cc49a", "#e39ac8", "#d9bf3d", "#9ad4f5", "#bdbdbd", "#b99af0"] };
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
const hueOf = (index) => HUES[dark.matches ? "dark" : "light"][index % 8];
const shapeOf = (index) => SHAPES[Math.floor(index / 8) % SHAPES.length];

/** Corners of a shape of radius 1 around the origin; a circle has none. */
const CORNERS = {
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  triangle: [[0, -1.15], [1.05, 0.75], [-1.05, 0.75]],
  diamond: [[0, -1.25], [1.0, 0], [0, 1.25], [-1.0, 0]],
  cross: [[-1.1, -0.4], [-0.4, -0.4], [-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4]],
};
