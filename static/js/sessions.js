/** The sidebar's chats: the menu of each, the toast that takes a deletion back, and news from elsewhere; "/" searches. */

const TOAST_SECONDS = 10;
const GAP = 4;

const list = document.getElementById("sessions");
const menu = document.getElementById("session-menu");
const toasts = document.getElementById("toasts");
let opener = "";
let timer = 0;
let isListStale = false;

const refresh = () => document.body.dispatchEvent(new CustomEvent("sessions-changed"));

function openMenu() {
  const box = document.getElementById(opener)?.getBoundingClientRect();
  if (!menu.matches(":popover-open")) menu.showPopover();
  if (box) {
    const lowest = innerHeight - menu.offsetHeight - GAP;
    menu.style.top = `${Math.max(GAP, Math.min(box.bottom + GAP, lowest))}px`;
    menu.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - menu.offsetWidth - GAP))}px`;
  }
  menu.querySelector("[autofocus]")?.select();
}

/** Whoever reads the toast or is about to press its button is not hurried. */
function keepToast() {
  clearTimeout(timer);
  if (!toasts.childElementCount) return;
  timer = setTimeout(() => {
    if (toasts.matches(":hover, :focus-within")) keepToast();
    else toasts.replaceChildren();
  }, TOAST_SECONDS * 1_000);
}

function showToast() {
  const drawer = document.getElementById("sidebar");
  if (drawer.matches(":popover-open")) drawer.hidePopover();
  toasts.querySelector("button")?.focus();
  keepToast();
}

/** A menu that is open stays where it is: its list is fetched again when it is closed. */
function holdList(event) {
  if (event.detail.target !== list || !menu.matches(":popover-open")) return;
  event.preventDefault();
  isListStale = true;
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target.closest?.(".session-options");
  if (link) opener = link.id;
  holdList(event);
});
document.body.addEventListener("htmx:beforeSwap", holdList);
document.body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target === menu) openMenu();
  if (target === toasts && toasts.childElementCount) showToast();
  if (target === list && document.activeElement === document.body) document.getElementById(opener)?.focus();
});
menu.addEventListener("htmx:afterRequest", ({ detail }) => {
  const isChange = detail.requestConfig.verb === "post" && detail.successful;
  if (isChange && detail.xhr.status !== 200) menu.hidePopover();
  if (isChange && detail.target === toasts) menu.hidePopover();
});
menu.addEventListener("toggle", ({ newState }) => {
  if (newState !== "closed") return;
  if (!menu.contains(document.activeElement) && document.activeElement !== document.body) return;
  document.getElementById(opener)?.focus();
});
menu.addEventListener("toggle", ({ newState }) => {
  if (newState !== "closed" || !isListStale) return;
  isListStale = false;
  refresh();
});
addEventListener("focus", refresh);
toasts.addEventListener("focusout", keepToast);
keepToast();
