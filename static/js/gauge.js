/** How full the context of the chat is and what it has cost: read anew when a reply has ended. */

export class Gauge {
  #link;
  #isReading = false;
  #isDue = false;

  constructor(link) {
    this.#link = link;
    document.addEventListener("visibilitychange", () => this.#read());
  }

  /** In a tab that nobody sees, as soon as somebody does. */
  refresh() {
    this.#isDue = true;
    this.#read();
  }

  enter(address) {
    this.#link.href = `${address}usage/`;
    this.#link.dataset.address = `${address}gauge/`;
    this.#link.hidden = false;
    this.refresh();
  }

  async #read() {
    const { address } = this.#link.dataset;
    if (!this.#isDue || this.#isReading || !address || document.hidden) return;
    this.#isReading = true;
    this.#isDue = false;
    const words = await fetched(address);
    this.#isReading = false;
    if (words) this.#link.innerHTML = words;
    this.#read();
  }
}

/** Null: what stands there is what is known. */
async function fetched(address) {
  try {
    const response = await fetch(address);
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}
