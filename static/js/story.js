/** Opens the story of a reply in the dialog; without scripts the badge is a plain link. */

export function openStoriesIn(dialog) {
  const body = dialog.querySelector("#story-body");

  document.addEventListener("click", (event) => {
    const badge = event.target.closest("[data-action=story]");
    if (!badge || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(badge.href);
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
    } catch {
      body.textContent = "The story could not be loaded. Close this and try again in a moment.";
    }
  }
}
