"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [POINT, SPLIT, POSITION, LAYER, MEASURE, VALUE] = [0, 1, 2, 3, 4, 5];
  const several = data.axes.map((_, i) => i).filter((i) => new Set(data.points.map((p) => p.values[i])).size > 1);
  const layers = [...new Set(data.rows.map((row) => row[LAYER]))].filter((layer) => layer >= 0).sort((a, b) => a - b);
  const top = data.points.map(() => -1);
  for (const row of data.rows) top[row[POINT]] = Math.max(top[row[POINT]], row[LAYER]);

  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const form = document.getElementById("choice");
  const select = (name, options, chosen) => {
    const label = make("label", name, form);
    const list = make("select", undefined, label);
    for (const [value, text] of options) make("option", text, list).value = value;
    if (chosen !== undefined) list.value = String(chosen);
    list.addEventListener("change", show);
    return list;
  };
  const numbered = (names) => names.map((name, i) => [String(i), name]);
  const axes = several.map((i) => [String(i), data.axes[i]]);
  const named = (list, name) => Math.max(0, list.indexOf(name));
  const controls = {
    measure: select("measure", numbered(data.measure)),
    x: select("across", axes),
    y: select("up", [["layer", "layer"], ...axes], several[1]),
    position: select("position", numbered(data.position).filter(([, name]) => name), named(data.position, data.first.position)),
    split: select("split", numbered(data.split), named(data.split, data.first.split)),
    layer: select("layer", [["top", "the highest"], ...layers.map((layer) => [String(layer), String(layer)])]),
  };

  const shade = (share) => {
    const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
    const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return stops[low].map((c, i) => Math.round(c + (stops[low + 1][i] - c) * (at - low)));
  };
  const luminance = (color) => color.map((c) => (c / 255) ** 2.2).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const order = (values) => [...new Set(values)].sort((a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b))));
  const said = (value) => (typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value));
  const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

  function chosenRows() {
    const [measure, position, split] = ["measure", "position", "split"].map((key) => Number(controls[key].value));
    return data.rows.filter((row) => {
      if (row[MEASURE] !== measure || row[SPLIT] !== split) return false;
      if (row[LAYER] < 0) return true;
      if (row[POSITION] !== position) return false;
      if (controls.y.value === "layer") return true;
      const layer = controls.layer.value;
      return row[LAYER] === (layer === "top" ? top[row[POINT]] : Number(layer));
    });
  }

  function show() {
    const table = document.getElementById("cells");
    table.replaceChildren();
    const x = Number(controls.x.value);
    const up = controls.y.value;
    const rows = chosenRows();
    const upOf = (row) => (up === "layer" ? row[LAYER] : data.points[row[POINT]].values[Number(up)]);
    const xs = order(data.points.map((point) => point.values[x]));
    const ys = order(rows.map(upOf)).reverse();
    const cells = ys.map((y) => xs.map((value) => rows.filter((row) => upOf(row) === y && data.points[row[POINT]].values[x] === value)));
    const means = cells.map((line) => line.map((cell) => cell.map((row) => row[VALUE]).filter((one) => one !== null)).map((v) => (v.length ? mean(v) : null)));
    const all = means.flat().filter((one) => one !== null);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const upName = up === "layer" ? "layer" : data.axes[Number(up)];
    document.getElementById("said").textContent = `${data.measure[Number(controls.measure.value)]} over ${data.axes[x]} and ${upName}`;
    document.getElementById("note").textContent = all.length ? "" : "Nothing of this measure here.";
    const head = make("tr", undefined, make("thead", undefined, table));
    make("th", `${upName} \\ ${data.axes[x]}`, head);
    for (const value of xs) make("th", said(value), head).scope = "col";
    const body = make("tbody", undefined, table);
    ys.forEach((y, i) => {
      const line = make("tr", undefined, body);
      make("th", y === -1 ? "all" : said(y), line).scope = "row";
      xs.forEach((value, j) => drawCell(make("td", undefined, line), cells[i][j], means[i][j], low, high));
    });
    list(data.points, "All points");
  }

  function drawCell(td, rows, value, low, high) {
    if (!rows.length) return;
    const button = make("button", value === null ? "never" : said(value), td);
    const n = rows.filter((row) => row[VALUE] !== null).length;
    make("small", `${n === rows.length ? "" : `${n} of `}${rows.length} run${rows.length === 1 ? "" : "s"}`, td);
    if (value !== null) {
      const color = shade(high > low ? (value - low) / (high - low) : 0.5);
      td.style.background = `rgb(${color.join(" ")})`;
      td.classList.toggle("dark", luminance(color) < 0.179); // where black and white are read equally well
    }
    const points = [...new Set(rows.map((row) => row[POINT]))].map((index) => data.points[index]);
    button.type = "button";
    button.addEventListener("click", () => list(points, "The points of this cell"));
  }

  function list(points, title) {
    document.getElementById("which").textContent = title;
    const table = document.getElementById("points");
    table.replaceChildren();
    const head = make("tr", undefined, make("thead", undefined, table));
    for (const name of ["point", ...data.axes, "seed"]) make("th", name, head).scope = "col";
    const body = make("tbody", undefined, table);
    for (const point of points) {
      const line = make("tr", undefined, body);
      const cell = make("td", point.page ? undefined : point.name, line);
      if (point.page) make("a", point.name, cell).href = point.page;
      for (const value of [...point.values, point.seed]) make("td", said(value), line);
    }
  }

  if (several.length) show();
  else list(data.points, "All points");
})();
