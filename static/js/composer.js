/** The field one writes in: grows, sends with Enter, tells early what would be refused. */

export class Composer {
  #form;
  #field;
  #error;
  #stop;
  #submit;
  #isAnswering = false;

  constructor(form, { onSend, onStop }) {
    this.#form = form;
    this.#field = form.elements.text;
    this.#error = form.querySelector("[role=alert]");
    this.#stop = form.querySelector("[data-action=stop-all]");
    this.#submit = form.querySelector("[type=submit]");
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(onSend);
    });
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    this.#field.addEventListener("input", () => this.#changed());
    this.#stop.addEventListener("click", onStop);
    this.#changed();
  }

  get persona() {
    return this.#form.elements.persona.value;
  }

  set session(id) {
    this.#form.elements.session.value = id;
  }

  /** While a reply is made and nothing is written, Stop stands where Send was. */
  set isAnswering(value) {
    this.#isAnswering = value;
    this.#showButtons();
  }

  complain(message, link) {
    this.#error.textContent = message;
    if (!link) return;
    const anchor = Object.assign(document.createElement("a"), { href: link.href });
    anchor.textContent = link.text;
    this.#error.append(" ", anchor);
  }

  /** Gives a text back that could not be sent, before whatever was written since. */
  giveBack(text, message) {
    this.#field.value = [text, this.#field.value].filter(Boolean).join("\n\n");
    this.#changed();
    this.complain(message);
    this.#field.focus();
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit(this.#submit);
  }

  #send(onSend) {
    const text = this.#field.value.trim();
    if (!text) {
      this.#field.focus();
      return;
    }
    const excess = this.#excess();
    if (excess) {
      this.complain(excess);
      return;
    }
    this.#field.value = "";
    this.#changed();
    onSend(text);
    this.#field.focus();
  }

  #changed() {
    this.#error.textContent = this.#excess();
    if (!CSS.supports("field-sizing", "content")) {
      this.#field.style.height = "auto";
      this.#field.style.height = `${this.#field.scrollHeight}px`;
    }
    this.#showButtons();
  }

  /** Why the text is too long, or nothing. A UTF-16 unit takes at most three bytes. */
  #excess() {
    const limit = Number(this.#field.dataset.maxBytes);
    const text = this.#field.value;
    if (text.length * 3 < limit) return "";
    const size = new TextEncoder().encode(text).length;
    if (size < limit) return "";
    const [has, may] = [Math.ceil(size / 1_000), Math.floor(limit / 1_000)];
    return `This message has ${has} kB; the most is ${may} kB. Shorten it or send it in parts.`;
  }

  #showButtons() {
    const isStopShown = this.#isAnswering && !this.#field.value.trim();
    const hadFocus = document.activeElement === (isStopShown ? this.#submit : this.#stop);
    this.#stop.hidden = !isStopShown;
    this.#submit.hidden = isStopShown;
    if (hadFocus) this.#field.focus();
  }
}
