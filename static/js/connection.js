/** The connection badge. Only the word is spoken, and only when it changes; the rest is for the eye. */

const WORDS = {
  connecting: "Connecting",
  connected: "Connected",
  disconnected: "Disconnected",
  polling: "Disconnected",
};

export class ConnectionBadge {
  #badge;
  #word;
  #detail;
  #timer = 0;

  constructor(badge) {
    this.#badge = badge;
    this.#word = badge.querySelector("[data-slot=word]");
    this.#detail = badge.querySelector("[data-slot=detail]");
  }

  /** `retryAt`: when the next try begins, in milliseconds since the epoch. */
  show(state, retryAt) {
    clearInterval(this.#timer);
    if (state === "connecting" && WORDS[this.#badge.dataset.state] === WORDS.disconnected) {
      this.#detail.textContent = ", trying now";
      return;
    }
    this.#badge.hidden = false;
    this.#badge.dataset.state = state;
    if (this.#word.textContent !== WORDS[state]) this.#word.textContent = WORDS[state];
    this.#detail.textContent = state === "polling" ? ", checking every 10 s" : "";
    if (retryAt) this.#countDownTo(retryAt);
  }

  #countDownTo(moment) {
    const write = () => {
      const seconds = Math.max(0, Math.ceil((moment - Date.now()) / 1_000));
      this.#detail.textContent = `, trying again in ${seconds} s`;
    };
    write();
    this.#timer = setInterval(write, 1_000);
  }
}
