/** Shortcuts of every page. Single keys work outside of fields and can be switched off; all can be changed. */

import { chordOf, KeyBindings, needsAlt } from "./key_bindings.js";
import { KeyCard } from "./key_card.js";
import { Palette } from "./palette.js";
import { singleKeys } from "./single_keys.js";

const palette = new Palette(document.getElementById("palette"));
const card = document.getElementById("shortcuts");
const changeable = [...card.querySelectorAll("[data-action=change-key]")].map(({ dataset }) => dataset);
const bindings = new KeyBindings(Object.fromEntries(changeable.map((each) => [each.command, each.default])));
const OF_THE_PAGE = { search: searchOrWrite, shortcuts: showCard };

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
new KeyCard(card, bindings);

function isHandled(event) {
  const { key, altKey, ctrlKey, metaKey } = event;
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === "k" && openPalette();
  const keys = chordOf(event);
  const command = keys && bindings.nameOf(keys);
  if (!command) return false;
  const isElsewhere = isTyping(event.target) || document.querySelector("dialog[open]");
  if (!needsAlt(keys) && (isElsewhere || !singleKeys.areOn)) return false;
  return OF_THE_PAGE[command] ? OF_THE_PAGE[command]() !== undefined : palette.press(command);
}

/** Above another dialog it would be in the way. */
function openPalette() {
  if (!document.querySelector("dialog[open]:not(#palette)")) palette.toggle();
  return true;
}

function showCard() {
  hideMenus();
  palette.close();
  if (!card.open) card.showModal();
  return true;
}

/** A search field that is out of sight stands in the drawer, which opens. */
function searchOrWrite() {
  if (document.querySelector("dialog[open]")) return undefined;
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
