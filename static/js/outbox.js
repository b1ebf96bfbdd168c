/** Messages the server has not accepted yet. They survive a reload of this tab. */

export class Outbox {
  #key;
  #items;

  constructor(session) {
    this.#key = keyOf(session);
    this.#items = read(this.#key);
  }

  get items() {
    return [...this.#items];
  }

  add(item) {
    this.#items.push(item);
    this.#write();
  }

  /** Returns the item, or nothing if it had been removed before. */
  remove(clientId) {
    const item = this.#items.find((candidate) => candidate.client_id === clientId);
    this.#items = this.#items.filter((candidate) => candidate !== item);
    this.#write();
    return item;
  }

  /** The chat has become a session: what is still unsent belongs to it. */
  moveTo(session) {
    const items = this.#items;
    this.#items = [];
    this.#write();
    this.#key = keyOf(session);
    this.#items = items;
    this.#write();
  }

  #write() {
    try {
      if (this.#items.length) sessionStorage.setItem(this.#key, JSON.stringify(this.#items));
      else sessionStorage.removeItem(this.#key);
    } catch {
      /* Storage is full or forbidden: the queue lives as long as the page. */
    }
  }
}

const keyOf = (session) => `valis.outbox.${session || "new"}`;

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

/** A random UUID, also where the page is not served securely and randomUUID is missing. */
export function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
