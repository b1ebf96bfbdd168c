/** What is written and not sent, for each chat. It survives reloads and is shared by the tabs of a browser. */

const PAUSE = 300;

export class Draft {
  #owner;
  #key;
  #text = "";
  #stored = "";
  #timer = 0;

  /** `onGone` is called with the text when another tab has sent or deleted it. */
  constructor(owner, session, { onGone }) {
    this.#owner = owner;
    this.#key = keyOf(owner, session);
    this.#stored = this.#text = read(this.#key);
    addEventListener("storage", ({ key, oldValue, newValue }) => {
      if (key === this.#key && oldValue && newValue === null) onGone(oldValue);
    });
    addEventListener("pagehide", () => this.#write());
  }

  get text() {
    return this.#text;
  }

  /** An empty text is forgotten at once, any other one is stored in a moment. */
  keep(text) {
    if (text === this.#text) return;
    this.#text = text;
    if (!text) this.#write();
    else this.#timer ||= setTimeout(() => this.#write(), PAUSE);
  }

  /** The chat has become a session. */
  moveTo(session) {
    const text = this.#text;
    this.keep("");
    this.#key = keyOf(this.#owner, session);
    this.#stored = "";
    this.keep(text);
  }

  /** What another tab has written since is its own: an empty field here does not delete that. */
  #write() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const before = this.#stored;
    if (this.#text === before) return;
    this.#stored = this.#text;
    try {
      if (this.#text) localStorage.setItem(this.#key, this.#text);
      else if (read(this.#key) === before) localStorage.removeItem(this.#key);
    } catch {
      /* Storage is full or forbidden: the draft lives as long as the page. */
    }
  }
}

const keyOf = (owner, session) => `valis.draft.${owner}.${session || "new"}`;

function read(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}
