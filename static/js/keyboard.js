/** Shortcuts of every page. Letters need Alt; single keys work outside of fields and can be switched off. */

import { Palette } from "./palette.js";
import { singleKeys } from "./single_keys.js";

const palette = new Palette(document.getElementById("palette"));
const card = document.getElementById("shortcuts");
const SINGLE = { "/": searchOrWrite, "?": showCard };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (isHandled(event)) event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-action=show-shortcuts]")) showCard();
  if (target.closest("[data-action=show-palette]")) palette.toggle();
  if (target === card) card.close();
});
singleKeys.followBox(card.querySelector("[name=single_keys]"));

function isHandled(event) {
  const { key, altKey, ctrlKey, metaKey } = event;
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === "k" && openPalette();
  if (altKey && !ctrlKey && !metaKey) return palette.press(letterOf(event));
  if (altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return false;
  return singleKeys.areOn && SINGLE[key]?.() !== undefined;
}

/** With Alt some keyboards write another letter ("˜"): then the key's place tells. */
function letterOf({ key, code }) {
  if (/^[\x21-\x7e]$/.test(key)) return key.toLowerCase();
  return { Comma: "," }[code] ?? code.replace(/^Key/, "").toLowerCase();
}

/** Above another dialog it would be in the way. */
function openPalette() {
  if (!document.querySelector("dialog[open]:not(#palette)")) palette.toggle();
  return true;
}

function showCard() {
  hideMenus();
  if (!card.open) card.showModal();
  return true;
}

/** A search field that is out of sight stands in the drawer, which opens. */
function searchOrWrite() {
  const search = document.querySelector("input[type=search]");
  const field = search ?? document.getElementById("composer-text");
  if (search && !search.checkVisibility()) search.closest("[popover]")?.showPopover();
  field?.focus();
  return field ? true : undefined;
}

function hideMenus() {
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
}

function isTyping(target) {
  return target.isContentEditable || target.matches("input, textarea, select");
}
