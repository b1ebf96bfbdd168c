/** What a persona knows: whoever wants everything deleted is asked once more. */

document.querySelector("form[data-confirm]")?.addEventListener("submit", (event) => {
  if (!globalThis.confirm(event.currentTarget.dataset.confirm)) event.preventDefault();
});
