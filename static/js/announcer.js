/** Speaks to screen readers: whole sentences of a reply, never single tokens. */

const SENTENCE_END = /[.!?…:]["')\]]?\s|\n/g;
const PAUSE = 1_000;
const KEPT = 8;

export class Announcer {
  #log;
  #unsaid = new Map();
  #waiting = [];
  #timer = 0;

  constructor(log) {
    this.#log = log;
  }

  say(sentence) {
    if (!sentence.trim()) return;
    this.#waiting.push(sentence.trim());
    this.#timer ||= setTimeout(() => this.#speak(), PAUSE);
  }

  /** Collects streamed text until it holds a whole sentence. */
  hear(turn, text) {
    if (!text) return;
    const unsaid = (this.#unsaid.get(turn) ?? "") + text;
    let end = 0;
    for (const match of unsaid.matchAll(SENTENCE_END)) end = match.index + match[0].length;
    this.say(unsaid.slice(0, end));
    this.#unsaid.set(turn, unsaid.slice(end));
  }

  /** The reply has ended: what is left is its last sentence, or all of it if none was heard. */
  finish(turn, text) {
    this.say(this.#unsaid.get(turn) ?? text);
    this.#unsaid.delete(turn);
  }

  forget(turn) {
    this.#unsaid.delete(turn);
  }

  #speak() {
    this.#timer = 0;
    const line = document.createElement("p");
    line.textContent = this.#waiting.splice(0).join(" ");
    this.#log.append(line);
    while (this.#log.childElementCount > KEPT) this.#log.firstElementChild.remove();
  }
}
