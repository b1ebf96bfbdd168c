/** What somebody asked for by a click or a key and did not get: a toast says so, for the page has no place for it. */

const SECONDS = 8;
const WORDS = {
  0: "VALIS cannot be reached. Try again in a moment.",
  403: "You are not allowed to do that.",
  404: "That is not there any more. Reload the page.",
};
const OTHERWISE = "That did not work, and it is not your fault. Try again in a moment.";

const toasts = document.getElementById("failures");
let timer = 0;

function wordsFor(xhr) {
  if (xhr.status !== 429) return WORDS[xhr.status] ?? OTHERWISE;
  const seconds = Number(xhr.getResponseHeader("Retry-After"));
  return `Too many requests. Try again ${seconds ? `in ${seconds} s` : "in a moment"}.`;
}

function clear() {
  clearTimeout(timer);
  toasts.replaceChildren();
}

function show(words) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("p"), { textContent: words }));
  clear();
  toasts.append(toast);
  timer = setTimeout(clear, SECONDS * 1_000);
}

/** What the page asks for by itself, it asks for again by itself. */
const isOfSomebody = (detail) => detail.requestConfig.triggeringEvent?.isTrusted;

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!isOfSomebody(detail)) return;
  if (detail.successful) clear();
  else show(wordsFor(detail.xhr));
});
