/** Speaks to screen readers: whole sentences of a reply, never single tokens. */

import { Speech } from "./speech.js";

const PAUSE = 1_000;
const KEPT = 8;

export class Announcer {
  #log;
  #speeches = new Map();
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

  /** Takes streamed text, and says what is whole of it. */
  hear(turn, text) {
    if (!text) return;
    if (!this.#speeches.has(turn)) this.#speeches.set(turn, new Speech());
    for (const sentence of this.#speeches.get(turn).hear(text)) this.say(sentence);
  }

  /** Text that stood there before: only the sentence it ends in goes on. */
  skip(turn, text) {
    const speech = new Speech();
    speech.hear(text);
    this.#speeches.set(turn, speech);
  }

  /** The reply has ended: what is left is its last sentence. */
  finish(turn) {
    for (const sentence of this.#speeches.get(turn)?.finish() ?? []) this.say(sentence);
    this.forget(turn);
  }

  forget(turn) {
    this.#speeches.delete(turn);
  }

  #speak() {
    this.#timer = 0;
    const line = document.createElement("p");
    line.textContent = this.#waiting.splice(0).join(" ");
    this.#log.append(line);
    while (this.#log.childElementCount > KEPT) this.#log.firstElementChild.remove();
  }
}
