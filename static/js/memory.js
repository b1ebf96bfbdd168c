/** What a persona knows: a deletion can be taken back in a toast; who wants everything deleted is asked once more. */

const TOAST_SECONDS = 10;

const toasts = document.getElementById("toasts");
let timer = 0;
let deleted = "";

/** Whoever reads the toast or is about to press its button is not hurried. */
function keepToast() {
  clearTimeout(timer);
  if (!toasts.childElementCount) return;
  timer = setTimeout(() => {
    if (toasts.matches(":hover, :focus-within")) keepToast();
    else toasts.replaceChildren();
  }, TOAST_SECONDS * 1_000);
}

document.body.addEventListener("htmx:beforeRequest", ({ target }) => {
  deleted = target.closest?.(".memory")?.id || deleted;
});
document.body.addEventListener("htmx:afterSettle", ({ detail: { target } }) => {
  if (target !== toasts) return;
  if (toasts.childElementCount) toasts.querySelector("button").focus();
  else document.querySelector(`#${deleted} button`)?.focus();
  keepToast();
});
toasts.addEventListener("focusout", keepToast);
keepToast();

document.querySelector("form[data-confirm]")?.addEventListener("submit", (event) => {
  if (!globalThis.confirm(event.currentTarget.dataset.confirm)) event.preventDefault();
});
