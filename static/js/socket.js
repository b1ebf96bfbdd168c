/**
 * A socket to a session or to the activity stream: one connection, kept alive, and resumed where it broke off.
 *
 * States: connecting -> connected (a frame was heard) -> waiting (disconnected, comes back by
 * itself) -> connecting ...; ended (a closing code after which trying again would be in vain).
 */

const ENDING_CODES = new Set([4401, 4403, 4404, 4429]);
/** Going away, and coming back soon. */
const RESTART_CODES = new Set([1001, 1012]);
const LONGEST_WAIT = 30_000;
const OPENING_LIMIT = 10_000;
const PING_AFTER = 25_000;
const PONG_LIMIT = 12_500;
const LOOK_EVERY = 2_500;
const ACK_PAUSE = 250;
const SNAPSHOT_PAUSE = 500;

export class LiveSocket {
  #address;
  #onEvent;
  #onState;
  #socket = null;
  #state = "waiting";
  #lastId = null;
  #failures = 0;
  #heardAt = 0;
  #pingedAt = 0;
  #snapshotAskedAt = -SNAPSHOT_PAUSE;
  #timers = { retry: 0, opening: 0, ack: 0, snapshot: 0 };

  constructor(path, { onEvent, onState, after = null }) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#address = `${scheme}//${location.host}${path}`;
    this.#lastId = after;
    this.#onEvent = onEvent;
    this.#onState = onState;
    setInterval(() => this.#look(), LOOK_EVERY);
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.#open();
  }

  get state() {
    return this.#state;
  }

  /** Returns whether the frame went out. */
  send(frame) {
    if (this.#state !== "connected") return false;
    this.#write(frame);
    return true;
  }

  /** Do not wait out the pause: there is reason to think that the server can be reached again. */
  hurry() {
    if (this.#state === "waiting") this.#open();
  }

  /** Text is missing: ask for the whole state, at most every half second. */
  askForSnapshot() {
    if (this.#timers.snapshot) return;
    const wait = Math.max(0, this.#snapshotAskedAt + SNAPSHOT_PAUSE - performance.now());
    this.#timers.snapshot = setTimeout(() => {
      this.#timers.snapshot = 0;
      this.#snapshotAskedAt = performance.now();
      this.send({ type: "hello" });
    }, wait);
  }

  #open() {
    clearTimeout(this.#timers.retry);
    this.#enter("connecting");
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#timers.opening = setTimeout(() => this.#drop(), OPENING_LIMIT);
    socket.onopen = () => this.#greet();
    socket.onmessage = (message) => this.#hear(JSON.parse(message.data));
    socket.onclose = (event) => this.#lose(event.code);
  }

  /** The pong to the ping is the first frame when nothing was missed. */
  #greet() {
    this.#write(this.#lastId === null ? { type: "hello" } : { type: "hello", after: this.#lastId });
    this.#ping();
  }

  #hear(event) {
    this.#heardAt = performance.now();
    this.#pingedAt = 0;
    if (this.#state === "connecting") {
      clearTimeout(this.#timers.opening);
      this.#failures = 0;
      this.#enter("connected");
    }
    if (event.id !== undefined) {
      this.#lastId = event.id;
      this.#timers.ack ||= setTimeout(() => this.#acknowledge(), ACK_PAUSE);
    }
    this.#onEvent(event);
  }

  #acknowledge() {
    this.#timers.ack = 0;
    this.send({ type: "ack", id: this.#lastId });
  }

  #lose(code) {
    this.#forget();
    if (ENDING_CODES.has(code)) {
      this.#enter("ended", { code });
      return;
    }
    const wait = RESTART_CODES.has(code) ? 500 + Math.random() * 2_500 : this.#backOff();
    this.#timers.retry = setTimeout(() => this.#open(), wait);
    this.#enter("waiting", { retryAt: Date.now() + wait });
  }

  /** 1, 2, 4, 8 ... 30 s, each up to a quarter shorter so that not everybody comes at once. */
  #backOff() {
    const wait = Math.min(LONGEST_WAIT, 1_000 * 2 ** this.#failures);
    this.#failures += 1;
    return wait * (1 - Math.random() / 4);
  }

  /** A dead connection may take minutes to report its end, so nobody waits for that. */
  #drop() {
    const socket = this.#socket;
    this.#lose(1006);
    socket?.close();
  }

  #forget() {
    const socket = this.#socket;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = null;
    this.#pingedAt = 0;
    clearTimeout(this.#timers.opening);
    clearTimeout(this.#timers.ack);
    this.#timers.ack = 0;
  }

  /** Hidden tabs look rarely, so silence alone proves nothing; an unanswered ping does. */
  #look() {
    if (this.#state !== "connected") return;
    const now = performance.now();
    if (this.#pingedAt) {
      if (now - this.#pingedAt >= PONG_LIMIT) this.#drop();
    } else if (now - this.#heardAt >= PING_AFTER) {
      this.#ping();
    }
  }

  #ping() {
    this.#pingedAt = performance.now();
    this.#write({ type: "ping" });
  }

  #write(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #enter(state, details = {}) {
    this.#state = state;
    this.#onState({ state, ...details });
  }
}
