/** The card of shortcuts, where a person gives a command other keys. */

import { chordOf, needsAlt, signOf } from "./key_bindings.js";

const ASKS = "Press the new keys, or Escape to leave it as it is.";

export class KeyCard {
  #card;
  #bindings;
  #status;
  #asking = null;

  constructor(card, bindings) {
    this.#card = card;
    this.#bindings = bindings;
    this.#status = card.querySelector("[data-slot=key-status]");
    card.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    card.addEventListener("keydown", (event) => this.#asking && this.#heard(event), { capture: true });
    card.addEventListener("focusout", () => this.#stopAsking());
    card.addEventListener("close", () => this.#say(""));
    this.#show();
  }

  #clicked(button) {
    if (button?.dataset.action === "reset-keys") {
      this.#bindings.reset();
      this.#show();
      this.#say("All keys are as they came.");
    } else if (button?.dataset.action === "change-key") {
      this.#asking = button;
      button.dataset.state = "asking";
      this.#say(ASKS);
    }
  }

  /** Tab goes on as ever, so that nobody is held here. */
  #heard(event) {
    if (event.key === "Tab" || ["Alt", "Shift", "Control", "Meta", "AltGraph"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const { command } = this.#asking.dataset;
    if (event.key === "Escape") {
      this.#stopAsking();
      this.#say("It stays as it is.");
      return;
    }
    const keys = chordOf(event);
    const problem = this.#problemOf(command, keys);
    if (problem) {
      this.#say(`${problem} ${ASKS}`);
      return;
    }
    this.#bindings.change(command, keys);
    this.#stopAsking();
    this.#show();
    this.#say(`${this.#labelOf(command)}: ${inWords(keys)}.`);
  }

  #problemOf(command, keys) {
    if (!keys) return "That is no letter, digit or sign, or it has Ctrl with it.";
    const owner = this.#bindings.nameOf(keys);
    if (owner && owner !== command) return `${inWords(keys)} belongs to “${this.#labelOf(owner)}”.`;
    const { mayBeSingle } = this.#buttonOf(command).dataset;
    return needsAlt(keys) || mayBeSingle ? "" : "This one needs Alt, because it works while you write, too.";
  }

  #buttonOf(command) {
    return this.#card.querySelector(`[data-action=change-key][data-command=${command}]`);
  }

  #labelOf(command) {
    return this.#buttonOf(command).closest("dd").previousElementSibling.textContent;
  }

  #stopAsking() {
    if (this.#asking) delete this.#asking.dataset.state;
    this.#asking = null;
  }

  #say(text) {
    this.#status.textContent = text;
  }

  /** Wherever keys are shown. */
  #show() {
    for (const place of document.querySelectorAll("[data-keys]")) {
      const keys = this.#bindings.keysOf(place.dataset.keys);
      const names = needsAlt(keys) ? ["Alt", signOf(keys)] : [keys];
      const signs = names.map((name) => Object.assign(document.createElement("kbd"), { textContent: shown(name) }));
      place.replaceChildren(...signs.flatMap((sign, at) => (at ? [" ", sign] : [sign])));
    }
    for (const item of document.querySelectorAll("[role=option][data-command]")) {
      item.dataset.key = signOf(this.#bindings.keysOf(item.dataset.command));
    }
    this.#card.querySelector("[data-action=reset-keys]").hidden = !this.#bindings.areChanged;
  }
}

const shown = (name) => (name.length === 1 ? name.toUpperCase() : name);
const inWords = (keys) => (needsAlt(keys) ? `Alt+${shown(signOf(keys))}` : shown(keys));
