/** Which keys do what. What a person has changed is kept in this browser, as keyboards belong to devices. */

const STORE = "valis.keys";

export class KeyBindings {
  #defaults;
  #own;

  /** `defaults` are keys by the name of a command: "/", or "alt+n" with Alt. */
  constructor(defaults) {
    this.#defaults = defaults;
    const known = Object.entries(remembered()).filter(([name, keys]) => name in defaults && isChord(keys));
    this.#own = Object.fromEntries(known);
  }

  get areChanged() {
    return Object.keys(this.#own).length > 0;
  }

  keysOf(name) {
    return this.#own[name] ?? this.#defaults[name];
  }

  /** The command that these keys belong to, if any. */
  nameOf(keys) {
    return Object.keys(this.#defaults).find((name) => this.keysOf(name) === keys);
  }

  change(name, keys) {
    if (keys === this.#defaults[name]) delete this.#own[name];
    else this.#own[name] = keys;
    remember(this.#own);
  }

  reset() {
    this.#own = {};
    remember(this.#own);
  }
}

/** Of a keydown: "/", "alt+n"; null for what is no sign, or has another modifier. */
export function chordOf({ key, code, altKey, ctrlKey, metaKey }) {
  if (ctrlKey || metaKey) return null;
  const sign = altKey ? signWithAlt(key, code) : key.toLowerCase();
  const chord = altKey ? `alt+${sign}` : sign;
  return isChord(chord) ? chord : null;
}

/** With Alt some keyboards write another letter ("˜"): then the key's place tells. */
function signWithAlt(key, code) {
  if (/^[\x21-\x7e]$/.test(key)) return key.toLowerCase();
  return { Comma: "," }[code] ?? code.replace(/^(Key|Digit)/, "").toLowerCase();
}

export const needsAlt = (keys) => keys.startsWith("alt+");
export const signOf = (keys) => keys.replace(/^alt\+/, "");

const isChord = (keys) => typeof keys === "string" && /^(alt\+)?\S$/u.test(keys);

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

function remember(own) {
  try {
    if (Object.keys(own).length) localStorage.setItem(STORE, JSON.stringify(own));
    else localStorage.removeItem(STORE);
  } catch {
    /* It is forbidden: the choice lives as long as the page. */
  }
}
