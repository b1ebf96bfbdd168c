/** The page of API keys: times in the reader's own zone, and a new key in sight. */

import { keepTimesFresh } from "./times.js";

keepTimesFresh();
document.body.addEventListener("htmx:afterSettle", () => {
  document.querySelector("#keys [data-focus], #keys [aria-invalid=true]")?.focus();
});
