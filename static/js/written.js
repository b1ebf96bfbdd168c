/** The text of a reply: finished blocks as the server has rendered them, and after them a plain tail while it streams. */

import { dressProse } from "./prose.js";
import { Tail } from "./tail.js";

export class Written {
  #rendered;
  #tail;
  #end;
  /** What stands in `#rendered`, as it came; null where the page came with it. */
  #html = null;
  #held = [];

  /** `end`: how far into the text the server had rendered when it drew the page, in code points. */
  constructor(rendered, plain, end) {
    this.#rendered = rendered;
    this.#tail = new Tail(plain);
    this.#end = end;
  }

  /** In code points. */
  get length() {
    return this.#end + this.#tail.length;
  }

  append(text) {
    this.#tail.append(text);
    this.#swap();
  }

  /** A part of the text in its rendered form. Returns false when something before it is missing. */
  addBlock({ at, end, html }) {
    const reached = this.#held.at(-1)?.end ?? this.#end;
    if (end <= reached) return true;
    if (at !== reached || end > this.length) return false;
    this.#held.push({ end, html });
    this.#swap();
    return true;
  }

  /** Takes over what is rendered of a running reply, if that is more than is shown. */
  catchUp({ html, html_end: end }) {
    if (end <= this.#end) return;
    this.#rendered.innerHTML = html;
    this.#html = html;
    this.#advance(end);
  }

  /** Begins anew. Blocks that are there already stay, with what is selected in them. */
  show({ text = "", html = "" }) {
    if (html && this.#html && html.startsWith(this.#html)) {
      this.#rendered.insertAdjacentHTML("beforeend", html.slice(this.#html.length));
    } else {
      this.#rendered.innerHTML = html;
    }
    this.#html = "";
    this.#end = 0;
    this.#held = [];
    this.#tail.clear();
    if (text && !html) this.#tail.append(text);
    dressProse(this.#rendered);
  }

  /** What somebody is selecting stays as it is until they are done. */
  #swap() {
    if (!this.#held.length || this.#tail.isSelected) return;
    for (const { html } of this.#held) {
      this.#rendered.insertAdjacentHTML("beforeend", html);
      if (this.#html !== null) this.#html += html;
    }
    this.#advance(this.#held.at(-1).end);
  }

  #advance(end) {
    this.#tail.drop(end - this.#end);
    this.#end = end;
    this.#held = [];
    dressProse(this.#rendered);
  }
}
