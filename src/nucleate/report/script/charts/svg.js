// Elements of SVG, and pictures of a whole <svg> to be saved. Texts are text nodes: nothing in them is ever markup.
import { css } from "./colors.js";

export function svg(/** @type {string} */ tag, /** @type {Record<string, any>} */ attributes = {}, .../** @type {any[]} */ children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
export const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** The first <svg> of a figure as a file of its own, on the page's ground. */
function standalone(host) {
  const copy = host.querySelector("svg").cloneNode(true), [width, height] = ["width", "height"].map((name) => Number(copy.getAttribute(name)));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("font-family", css("--sans"));
  copy.prepend(svg("rect", { width, height, fill: css("--ground") }));
  return { width, height, url: `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}` };
}
export const picturesOf = (/** @type {any} */ host) => ({
  svg: async () => standalone(host).url,
  png: async () => {
    const { width, height, url } = standalone(host), image = new Image(), canvas = document.createElement("canvas");
    image.src = url;
    await image.decode();
    Object.assign(canvas, { width: width * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
    return canvas.toDataURL("image/png");
  },
});
