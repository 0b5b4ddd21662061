// Inflate the data, then load what draws it. Where a browser cannot, the page says so, and its tables are there all the same.
import { element, open } from "./data/decode.js";

open().then(() => import("./main.js")).then(({ drawn }) => drawn).catch((error) => {
  element("broken").hidden = false;
  throw error;
});
