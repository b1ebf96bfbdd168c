/** The page of search: times in the reader's own zone, and an address that says what was looked for. */

import { keepTimesFresh } from "./times.js";

const field = document.getElementById("search-field");

keepTimesFresh();
document.body.addEventListener("htmx:afterSwap", () => {
  history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
});
