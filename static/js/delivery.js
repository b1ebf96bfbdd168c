/**
 * Brings messages and wishes to the server: over the socket while it is connected, over HTTP
 * otherwise. What is not accepted stays in the outbox and is sent again with the same client id,
 * which the server stores once.
 */

import {
  answerProperly,
  editMessage,
  readSession,
  regenerate,
  runAgain,
  showVersion,
  stopTurn,
  submitMessage,
} from "./api.js";
import { Outbox } from "./outbox.js";
import { LiveSocket } from "./socket.js";

const POLL_EVERY = 10_000;

export class Delivery {
  #session;
  #outbox;
  #socket = null;
  #poll = 0;
  #isPosting = false;
  #on;

  /** `on`: event, state, refused(item, message), problem(error), entered(session). */
  constructor(session, on) {
    this.#session = session;
    this.#on = on;
    this.#outbox = new Outbox(session);
  }

  get unsent() {
    return this.#outbox.items;
  }

  start() {
    if (this.#session) this.#connect();
    else this.#post();
  }

  send(item) {
    this.#outbox.add(item);
    if (this.#socket?.send(frameOf(item))) return;
    if (this.#socket?.state !== "connecting") this.#post();
  }

  stop(turn) {
    this.#wish({ type: "stop", turn }, () => stopTurn(turn));
  }

  runAgain(turn) {
    this.#wish({ type: "run_again", turn }, () => runAgain(turn));
  }

  answerProperly(turn) {
    this.#wish({ type: "answer_properly", turn }, () => answerProperly(turn));
  }

  /** `persona`: the slug of who is to answer; without it the one who did. */
  regenerate(turn, persona) {
    this.#wish({ type: "regenerate", turn, persona }, () => regenerate(turn, persona));
  }

  /** `version`: {turn} or {message}. */
  show(version) {
    this.#wish({ type: "show", ...version }, () => showVersion(version));
  }

  askForSnapshot() {
    this.#socket?.askForSnapshot();
  }

  #connect() {
    this.#socket = new LiveSocket(`/ws/chat/${this.#session}`, {
      onEvent: (event) => this.#hear(event),
      onState: (change) => this.#changed(change),
    });
  }

  #hear(event) {
    // A changed message comes with the path that leads to it.
    if (event.type === "accepted" && this.#outbox.remove(event.client_id)?.message) return;
    if (event.type === "message") this.#outbox.remove(event.message.client_id);
    if (event.type === "snapshot") this.#settle(event);
    if (event.type === "error") this.#refuse(event.details?.client_id, event);
    else this.#on.event(event);
  }

  /** What a snapshot already holds was accepted, although the answer was lost on the way. */
  #settle({ messages }) {
    for (const message of messages) this.#outbox.remove(message.client_id);
  }

  #refuse(clientId, error) {
    const item = clientId && this.#outbox.remove(clientId);
    if (item) this.#on.refused(item, error.message);
    else this.#on.problem(error);
  }

  #changed(change) {
    this.#on.state(change);
    if (change.state === "connected") {
      this.#stopPolling();
      for (const item of this.#outbox.items) this.#socket.send(frameOf(item));
    }
    if (change.state === "waiting") this.#poll ||= setInterval(() => this.#read(), POLL_EVERY);
    if (change.state === "ended") this.#stopPolling();
  }

  #stopPolling() {
    clearInterval(this.#poll);
    this.#poll = 0;
  }

  async #read() {
    try {
      const answer = await readSession(this.#session);
      if (this.#socket.state === "connected") return;
      this.#hear({ type: "snapshot", ...answer });
      this.#on.state({ state: "polling" });
      await this.#post();
    } catch (error) {
      if (error.isPassing) return;
      this.#stopPolling();
      this.#on.problem(error);
    }
  }

  /** One at a time and in order; the first one of a new chat makes the session. */
  async #post() {
    if (this.#isPosting) return;
    this.#isPosting = true;
    try {
      for (let item = this.#outbox.items[0]; item; item = this.#outbox.items[0]) {
        await this.#postOne(item);
      }
    } catch (error) {
      if (!error.isPassing) this.#on.problem(error);
    } finally {
      this.#isPosting = false;
    }
  }

  async #postOne(item) {
    try {
      const answer = await (item.message ? editMessage(item) : submitMessage(this.#session, item));
      this.#hear({ ...answer, type: "accepted", client_id: item.client_id });
      if (item.message) await this.#read();
      if (!this.#session) this.#enter(answer.session_id);
    } catch (error) {
      if (error.isSignedOut || (this.#session && error.isPassing)) throw error;
      this.#refuse(item.client_id, error);
    }
  }

  #enter(session) {
    this.#session = session;
    this.#outbox.moveTo(session);
    this.#on.entered(session);
    this.#connect();
  }

  async #wish(frame, post) {
    if (this.#socket?.send(frame)) return;
    try {
      await post();
      await this.#read();
    } catch (error) {
      this.#on.problem(error);
    }
  }
}

/** What names a message changes that one. */
const frameOf = (item) => ({ type: item.message ? "edit" : "send", ...item });
