/** A list above a field of what the text in it could become. The focus stays in the field. */

export class Completion {
  #field;
  #list;
  #status;
  #find;
  #onWhole;
  #found = [];
  #place = 0;

  /** `find` gives {text, detail, isWhole} for a text; `onWhole` is called when one was chosen whole. */
  constructor(field, list, status, { find, onWhole }) {
    this.#field = field;
    this.#list = list;
    this.#status = status;
    this.#find = find;
    this.#onWhole = onWhole;
    field.addEventListener("input", () => this.#show());
    field.addEventListener("blur", () => this.#hide());
    field.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", ({ target }) => {
      const place = [...list.children].indexOf(target.closest("[role=option]"));
      if (place >= 0) this.#accept(place);
    });
  }

  #show() {
    this.#found = this.#field.value.startsWith("/") ? this.#find(this.#field.value) : [];
    this.#list.replaceChildren(...this.#found.map(optionOf));
    this.#list.hidden = !this.#found.length;
    const count = this.#found.length;
    this.#status.textContent = count ? `${count} ${count === 1 ? "command" : "commands"}, arrow keys choose` : "";
    this.#choose(0);
  }

  #hide() {
    this.#found = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#status.textContent = "";
    this.#choose(0);
  }

  #pressed(event) {
    if (!this.#found.length || event.isComposing || event.shiftKey) return;
    const count = this.#found.length;
    if (event.key === "ArrowDown") this.#choose((this.#place + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#place + count - 1) % count);
    else if (event.key === "Enter" || event.key === "Tab") this.#accept(this.#place);
    else if (event.key === "Escape") this.#hide();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #choose(place) {
    this.#place = place;
    const options = [...this.#list.children];
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    const chosen = options[place];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.#field.setAttribute("aria-activedescendant", chosen.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #accept(place) {
    const { text, isWhole } = this.#found[place];
    this.#field.value = text;
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
    if (!isWhole) return;
    this.#hide();
    this.#onWhole();
  }
}

function optionOf({ text, detail }, index) {
  const option = Object.assign(document.createElement("li"), { id: `completion-${index}`, role: "option" });
  option.className = "completion-item";
  const name = Object.assign(document.createElement("strong"), { textContent: text });
  option.append(name, " ", detail);
  return option;
}
