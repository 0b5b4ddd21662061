// Curves over steps or layers: panels of lines with intervals, gray levels of controls, names beside their ends. In SVG, so that
// they are sharp on paper, saved as they are, and read with the arrow keys: left and right along a line, up and down between lines.
import { ticks } from "d3-array";
import { css, narrow, shapePath } from "./colors.js";
import { round, svg } from "./svg.js";
import { hideTip, showTip, speak } from "./tip.js";

/**
 * @typedef {{x: number, y: number, low: number, high: number, [other: string]: any}} Mark
 * @typedef {{name: string, color: string, shape: string, width: number, dash?: string, joined: boolean, chosen?: boolean, quiet?: boolean, plain?: boolean, marks: Mark[], [other: string]: any}} Line
 * @typedef {{title: string, lines: Line[], levels: {control: string, low: number, high: number}[], names: {words: string, value: number, color: string, shape?: string, chosen?: boolean}[]}} Panel
 * @typedef {{at: number, text: string}} Tick
 * @typedef {{panels: Panel[], x: {from: number, to: number, ticks: Tick[], title: string}, y: {from: number, to: number, title: string},
 *   chosen: number|null, label: string, tipOf: (line: Line, mark: Mark) => [string, [string, string][]], pick?: (line: Line, mark: Mark) => void}} Chart
 */

const MARGIN = { top: 30, bottom: 46, between: 72, names: 118 }, NAME_PX = 17, REACH = 26;
const drawn = new WeakMap();

export const linearTicks = (from, to, n, digits = null) => ticks(from, to, n).map((at) => ({ at, text: digits === null ? String(at).replace("-", "−") : at.toFixed(digits).replace("-", "−") }));

/** Heights for names beside `values`, at least `gap` apart and within bounds, as near as that allows. In pixels, downwards. */
function apart(values, gap, least, most) {
  const order = values.map((value, index) => [value, index]).sort((a, b) => a[0] - b[0]), places = [];
  let floor = least - gap, ceiling = most;
  for (const [value, index] of order) places[index] = floor = Math.max(value, floor + gap);
  for (const [, index] of order.reverse()) { places[index] = Math.min(places[index], ceiling); ceiling = places[index] - gap; }
  return places;
}

/** How tall a panel is where `n` stand together, and how many side by side. */
export function gridOf(host, n) {
  const fit = Math.max(1, Math.floor(host.clientWidth / 330)), columns = narrow.matches ? 1 : Math.min(fit, n === 4 ? 2 : Math.min(n, 3)), rows = Math.ceil(n / columns);
  const tall = document.body.classList.contains("paper") ? 215 : narrow.matches ? 250 : rows === 1 ? 380 : 300; // several sections share a sheet
  return { columns, rows, panelHeight: tall };
}

export function drawCurves(/** @type {any} */ host, /** @type {Chart} */ chart) {
  const { panels, x, y } = chart, { columns, rows, panelHeight } = gridOf(host, panels.length), width = Math.max(host.clientWidth, 240);
  const left = narrow.matches ? 38 : 58, names = panels.some((one) => one.names.length) ? MARGIN.names : 12, height = MARGIN.top + rows * panelHeight + (rows - 1) * MARGIN.between + MARGIN.bottom;
  const panelWidth = (width - left - names * columns - 14 * (columns - 1)) / columns;
  const across = (value) => ((value - x.from) / (x.to - x.from)) * panelWidth, down = (value) => Math.min(panelHeight, Math.max(0, panelHeight - ((value - y.from) / (y.to - y.from)) * panelHeight));
  const root = svg("svg", { width, height, class: "curves", role: "presentation", "font-size": 13 }), marks = [];
  const yTicks = linearTicks(y.from, y.to, 6);
  panels.forEach((panel, index) => {
    const column = index % columns, row = Math.floor(index / columns), x0 = left + column * (panelWidth + names + 14), y0 = MARGIN.top + row * (panelHeight + MARGIN.between);
    const group = svg("g", { class: "panel", transform: `translate(${round(x0)} ${y0})`, "data-panel": panel.title });
    group.append(text(panel.title, 0, -12, { "font-weight": 650, "font-size": 15, fill: css("--ink"), class: "title" }));
    for (const tick of yTicks) group.append(
      svg("line", { x2: panelWidth, y1: round(down(tick.at)), y2: round(down(tick.at)), stroke: css("--grid") }), ...(column ? [] : [text(tick.text, -8, down(tick.at) + 4, { "text-anchor": "end" })]));
    if (!column && !narrow.matches && y.title) group.append(text(y.title, 0, 0, { transform: `translate(${-left + 13} ${panelHeight / 2}) rotate(-90)`, "text-anchor": "middle" }));
    group.append(svg("line", { x2: panelWidth, y1: panelHeight, y2: panelHeight, stroke: css("--soft") }));
    for (const tick of x.ticks) group.append(svg("line", { x1: round(across(tick.at)), x2: round(across(tick.at)), y1: panelHeight, y2: panelHeight + 5, stroke: css("--soft") }), text(tick.text, across(tick.at), panelHeight + 20, { "text-anchor": "middle" }));
    if (row === rows - 1 || index + columns >= panels.length) group.append(text(x.title, panelWidth / 2, panelHeight + 39, { "text-anchor": "middle" }));
    for (const { control, low, high } of panel.levels) {
      const [over, under] = [down(high), down(low)], grown = Math.max(0, 4 - (under - over)) / 2;
      group.append(svg("rect", { class: "level", "data-name": control, "data-low": low, "data-high": high, y: round(over - grown), width: panelWidth, height: round(under - over + 2 * grown), fill: css("--control"), opacity: 0.2 }));
    }
    if (chart.chosen !== null) group.append(svg("line", { class: "chosen", "data-at": chart.chosen, x1: round(across(chart.chosen)), x2: round(across(chart.chosen)), y2: panelHeight, stroke: css("--soft"), "stroke-dasharray": "2 4" }));
    panel.lines.forEach((line) => {
      group.append(lineOf(line, across, down));
      for (const mark of line.marks) if (Number.isFinite(mark.y)) marks.push({ px: x0 + across(mark.x), py: y0 + down(mark.y), line, mark, panel });
    });
    const heights = apart(panel.names.map((one) => down(one.value)), NAME_PX, -4, panelHeight + 6);
    panel.names.forEach((one, i) => group.append(
      ...(one.shape ? [svg("path", { d: shapePath(one.shape, panelWidth + 12, heights[i], 3.6), fill: one.color })] : []),
      text(one.words, panelWidth + (one.shape ? 20 : 9), heights[i] + 4.5, { fill: css(one.chosen ? "--ink" : "--soft"), "font-weight": one.chosen ? 700 : 400, class: "name" })));
    root.append(group);
  });
  root.append(svg("circle", { class: "here", r: 8, fill: "none", stroke: css("--ink"), "stroke-width": 2, visibility: "hidden" }));
  host.replaceChildren(root);
  host.style.height = `${height}px`;
  host.setAttribute("aria-label", `${chart.label} Arrow keys read out its values.`);
  listen(host);
  drawn.set(host, { chart, marks, across, here: -1 });
}

const text = (words, x, y, attributes) => svg("text", { x: round(x), y: round(y), fill: css("--soft"), ...attributes }, String(words));

/** A line with its interval: joined with a band, or dots with bars where it was measured too seldom to be joined. */
function lineOf(line, across, down) {
  const shown = line.marks.filter((mark) => Number.isFinite(mark.y)), at = (mark, end) => `${round(across(mark.x))} ${round(down(mark[end]))}`;
  const group = svg("g", { class: `line${line.plain ? " accuracy" : ""}`, "data-name": line.name, "data-joined": line.joined ? "yes" : "no", "data-x": shown.map((mark) => mark.x).join(), "data-values": shown.map((mark) => mark.y).join(), "data-low": shown.map((mark) => mark.low).join(), "data-high": shown.map((mark) => mark.high).join(), "data-steps": shown.map((mark) => mark.step ?? "").join() });
  const known = shown.filter((mark) => Number.isFinite(mark.low) && Number.isFinite(mark.high)), color = line.color;
  if (line.joined && !line.plain && known.length > 1) group.append(svg("path", { class: "band", d: `M${known.map((mark) => at(mark, "high")).join("L")}L${known.toReversed().map((mark) => at(mark, "low")).join("L")}Z`, fill: color, opacity: line.chosen ? 0.22 : line.quiet ? 0.05 : 0.1 }));
  if (!line.joined || line.quiet) for (const mark of known) group.append(svg("path", { class: "bar", d: `M${at(mark, "low")}L${at(mark, "high")}`, stroke: color, "stroke-width": line.chosen ? 2 : 1.2, opacity: 0.75 }));
  for (const member of line.members ?? []) group.append(svg("path", { class: "seed", d: `M${member.filter((mark) => Number.isFinite(mark.y)).map((mark) => at(mark, "y")).join("L")}`, stroke: color, fill: "none", "stroke-width": 0.8, opacity: 0.55 }));
  if (line.joined && shown.length > 1) group.append(svg("path", { class: "curve", d: `M${shown.map((mark) => at(mark, "y")).join("L")}`, stroke: color, fill: "none", "stroke-width": line.width, "stroke-dasharray": line.dash ?? null, "stroke-linejoin": "round" }));
  if (!line.plain) group.append(svg("path", { class: "dots", d: shown.map((mark) => shapePath(line.shape, across(mark.x), down(mark.y), line.chosen ? 4.4 : line.joined ? 3 : 3.8)).join(""), fill: color }));
  return group;
}

/** The chosen step or layer, moved without drawing anything else anew. */
export function moveChosen(host, chosen) {
  const now = drawn.get(host);
  if (!now) return;
  for (const one of host.querySelectorAll(".chosen")) for (const [name, value] of [["x1", round(now.across(chosen))], ["x2", round(now.across(chosen))], ["data-at", chosen]]) one.setAttribute(name, value);
}

function listen(host) {
  if (drawn.has(host)) return;
  host.addEventListener("pointermove", (event) => {
    const i = markAt(host, event);
    if (i < 0) leave(host);
    else show(host, i, event.clientX, event.clientY);
    host.style.cursor = i >= 0 && drawn.get(host).chart.pick ? "pointer" : "";
  });
  host.addEventListener("pointerleave", () => leave(host));
  host.addEventListener("blur", () => leave(host));
  host.addEventListener("click", (event) => { const i = markAt(host, event); if (i >= 0) pick(host, i); });
  host.addEventListener("keydown", (event) => walk(host, event));
}

function markAt(host, event) {
  const box = host.getBoundingClientRect(), { marks } = drawn.get(host), x = event.clientX - box.left, y = event.clientY - box.top;
  let best = -1, least = REACH ** 2;
  marks.forEach((one, i) => { const d = (one.px - x) ** 2 + (one.py - y) ** 2; if (d < least) { least = d; best = i; } });
  return best;
}

function show(host, i, x, y) {
  const now = drawn.get(host), { line, mark, px, py } = now.marks[i], here = host.querySelector(".here");
  now.here = i;
  for (const [name, value] of Object.entries({ cx: round(px), cy: round(py), visibility: "visible" })) here.setAttribute(name, value);
  const [title, rows] = now.chart.tipOf(line, mark);
  showTip(x, y, title, rows);
  return [title, ...rows.map((row) => row.join(" "))].join(", ");
}

function leave(host) {
  host.querySelector(".here")?.setAttribute("visibility", "hidden");
  hideTip();
}

const pick = (host, i) => { const { chart, marks } = drawn.get(host); chart.pick?.(marks[i].line, marks[i].mark); };

function walk(host, event) {
  const now = drawn.get(host), { marks } = now, at = now.here < 0 ? null : marks[now.here];
  const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0, between = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
  if (event.key === "Enter" && at) { pick(host, now.here); return; }
  if (!marks.length || (!along && !between)) return;
  event.preventDefault();
  let next = at ? -1 : 0;
  if (at && along) next = marks.findIndex((one, i) => one.line === at.line && i === now.here + along);
  if (at && between) {
    const lines = [...new Set(marks.filter((one) => one.panel === at.panel).map((one) => one.line))], line = lines[lines.indexOf(at.line) + between];
    next = marks.findIndex((one) => one.line === line && one.panel === at.panel && one.mark.x === at.mark.x);
  }
  if (next < 0) return;
  const box = host.getBoundingClientRect(), words = show(host, next, box.left + marks[next].px, box.top + marks[next].py);
  speak(`${marks[next].panel.title}: ${words}`);
}
