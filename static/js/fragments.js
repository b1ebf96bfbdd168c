/** Opens what a link leads to in a dialog; without scripts it is a page of its own. */

import { dressProse } from "./prose.js";
import { refreshTimes } from "./times.js";

export function openInDialog(dialog, action) {
  const body = dialog.querySelector(".dialog-body");

  document.addEventListener("click", (event) => {
    const link = event.target.closest(`[data-action=${action}]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  async function show(address) {
    body.textContent = "Loading…";
    dialog.showModal();
    try {
      const response = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      body.innerHTML = await response.text();
      refreshTimes(body);
      body.querySelectorAll(".prose").forEach(dressProse);
    } catch {
      body.textContent = "This could not be loaded. Close it and try again in a moment.";
    }
  }
}
