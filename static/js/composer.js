/** The field one writes in: grows, sends with Enter, tells early what would be refused. */

const encoder = new TextEncoder();
/** The share of the limit from which on the size is shown. */
const NEAR = 0.8;

export class Composer {
  #form;
  #field;
  #error;
  #count;
  #draft;
  #stop;
  #submit;
  #isAnswering = false;

  /** `draft` keeps the text. `run` does a command: null if the text is none, else a complaint or nothing. */
  constructor(form, { draft, run, onSend, onStop }) {
    this.#form = form;
    this.#field = form.elements.text;
    this.#draft = draft;
    this.#count = form.querySelector("[data-slot=count]");
    this.#error = form.querySelector("[role=alert]");
    this.#stop = form.querySelector("[data-action=stop-all]");
    this.#submit = form.querySelector("[type=submit]");
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(run, onSend);
    });
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    this.#field.addEventListener("input", () => this.#changed());
    this.#stop.addEventListener("click", onStop);
    this.#field.value ||= draft.text;
    const refusal = this.#error.textContent;
    this.#changed();
    if (refusal) this.complain(refusal);
  }

  get persona() {
    return this.#form.elements.persona.value;
  }

  /** Which of the persona's greetings was read, for a chat that begins. */
  get greeting() {
    return Number(this.#form.elements.greeting.value);
  }

  get session() {
    return this.#form.elements.session.value;
  }

  set session(id) {
    this.#form.elements.session.value = id;
  }

  /** While a reply is made and nothing is written, Stop stands where Send was. */
  set isAnswering(value) {
    this.#isAnswering = value;
    this.#showButtons();
  }

  /** Another tab has sent this text: here it is not wanted any more either. */
  forget(text) {
    if (this.#field.value === text) this.#write("");
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
    this.#write([text, this.#field.value].filter(Boolean).join("\n\n"));
    this.complain(message);
    this.#field.focus();
  }

  /** Puts a text below what is written, and goes on behind it. */
  append(text) {
    this.#write([this.#field.value.trimEnd(), text].filter(Boolean).join("\n\n") + "\n\n");
    this.#field.focus();
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
    this.#field.scrollTop = this.#field.scrollHeight;
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit(this.#submit);
  }

  #send(run, onSend) {
    const text = this.#field.value.trim();
    if (!text) {
      this.#field.focus();
      return;
    }
    if (this.#error.hasAttribute("data-excess")) return;
    const complaint = run(this.#field.value);
    if (complaint) {
      this.complain(complaint);
      return;
    }
    this.#write("");
    if (complaint === null) onSend(text);
    const hasMovedOn = complaint !== null && !this.#form.contains(document.activeElement);
    if (!hasMovedOn && !document.querySelector("dialog[open]")) this.#field.focus();
  }

  #write(text) {
    this.#field.value = text;
    this.#changed();
  }

  #changed() {
    this.#draft.keep(this.#field.value);
    this.#showSize();
    if (!CSS.supports("field-sizing", "content")) {
      this.#field.style.height = "auto";
      this.#field.style.height = `${this.#field.scrollHeight}px`;
    }
    this.#showButtons();
  }

  /** A UTF-16 unit takes at most three bytes, so short texts need not be encoded. */
  #showSize() {
    const limit = Number(this.#field.dataset.maxBytes);
    const text = this.#field.value;
    const size = text.length * 3 < limit * NEAR ? 0 : encoder.encode(text).length;
    const [has, may] = [Math.ceil(size / 1_000), Math.floor(limit / 1_000)];
    const isOver = size >= limit;
    this.#count.textContent = size >= limit * NEAR ? `${has} of ${may} kB` : "";
    this.#error.toggleAttribute("data-excess", isOver);
    const excess = `This message has ${has} kB; the most is ${may} kB. Shorten it or send it in parts.`;
    if (!isOver) this.#error.textContent = "";
    else if (this.#error.textContent !== excess) this.#error.textContent = excess;
  }

  #showButtons() {
    const isStopShown = this.#isAnswering && !this.#field.value.trim();
    const hadFocus = document.activeElement === (isStopShown ? this.#submit : this.#stop);
    this.#stop.hidden = !isStopShown;
    this.#submit.hidden = isStopShown;
    if (hadFocus) this.#field.focus();
  }
}
