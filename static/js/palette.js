/** The palette of commands: a field, and a list that follows what is typed in it. */

import { choicesOf } from "./choices.js";

const SHOWN = 50;

export class Palette {
  #dialog;
  #field;
  #list;
  #status;
  #commands;
  #choices = [];
  #chosen = null;
  #hasMoved = false;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#field = dialog.querySelector("[role=combobox]");
    this.#list = dialog.querySelector("[role=listbox]");
    this.#status = dialog.querySelector("[role=status]");
    this.#commands = [...this.#list.children];
    this.#field.addEventListener("input", () => this.#search());
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    this.#list.addEventListener("pointermove", ({ target }) => this.#move(itemAt(target)));
    this.#list.addEventListener("click", ({ target }) => this.#run(itemAt(target)));
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }

  toggle() {
    if (this.#dialog.open) this.#dialog.close();
    else this.#open();
  }

  close() {
    this.#dialog.close();
  }

  /** Does a command by its name; returns whether there is one. */
  press(command) {
    const item = this.#commands.find(({ dataset }) => dataset.command === command && isPossible(dataset));
    if (item) this.#run(item);
    return Boolean(item);
  }

  async #open() {
    this.#field.value = "";
    this.#search();
    this.#dialog.showModal();
    this.#choices = await choicesOf(this.#dialog);
    if (this.#dialog.open) this.#show();
  }

  #search() {
    this.#hasMoved = false;
    this.#show();
  }

  /** Shows the best first; what came later leaves alone what the reader has chosen. */
  #show() {
    const wanted = this.#field.value.trim().toLowerCase();
    const found = [...this.#commands, ...this.#choices]
      .filter(({ dataset }) => isPossible(dataset))
      .map((item) => [item, rank(item, wanted)])
      .filter(([, place]) => place > 0)
      .sort(([, one], [, other]) => other - one)
      .slice(0, SHOWN)
      .map(([item]) => item);
    this.#list.replaceChildren(...found);
    this.#status.textContent = found.length ? "" : "Nothing is called that.";
    if (!this.#hasMoved || !found.includes(this.#chosen)) this.#choose(found[0] ?? null);
  }

  #pressed(event) {
    if (event.isComposing) return;
    const items = [...this.#list.children];
    const place = items.indexOf(this.#chosen);
    const goal = {
      ArrowDown: items[place + 1] ?? items[0],
      ArrowUp: items[place - 1] ?? items.at(-1),
      PageDown: items[Math.min(place + 8, items.length - 1)],
      PageUp: items[Math.max(place - 8, 0)],
    }[event.key];
    if (goal) this.#move(goal);
    else if (event.key === "Enter") this.#run(this.#chosen);
    else return;
    event.preventDefault();
  }

  #move(item) {
    if (!item || item === this.#chosen) return;
    this.#hasMoved = true;
    this.#choose(item);
  }

  #choose(item) {
    this.#chosen?.setAttribute("aria-selected", "false");
    this.#chosen = item;
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    this.#field.setAttribute("aria-activedescendant", item?.id ?? "");
  }

  /** The dialog closes first, so that the focus goes back before the command may move it. */
  #run(item) {
    if (!item) return;
    this.#dialog.close();
    const { href, press, prints } = item.dataset;
    const button = press && document.querySelector(press);
    if (button) button.click();
    else if (href) location.assign(href);
    else if (prints !== undefined) globalThis.print();
  }
}

/** What is to be pressed has to be there, or the address instead. */
const isPossible = ({ href, press, prints }) =>
  Boolean(href) || prints !== undefined || document.querySelector(press) !== null;

const itemAt = (target) => target.closest("[role=option]");

/** Its own letter, the beginning, the beginning of a word, anywhere; or not at all. */
function rank(item, wanted) {
  if (!wanted || item.dataset.key === wanted) return 5;
  const text = item.textContent.toLowerCase().replace(/\s+/g, " ").trim();
  if (text.startsWith(wanted)) return 4;
  if (text.includes(` ${wanted}`)) return 3;
  if (text.includes(wanted)) return 2;
  return wanted.split(/\s+/).every((word) => text.includes(word)) ? 1 : 0;
}
