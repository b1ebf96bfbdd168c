/** The list of messages and replies, kept in the order of their positions. */

import { dressProse } from "./prose.js";
import { writeTime } from "./times.js";
import { showAvatar, Turn } from "./turn.js";

export const ENDS = {
  "turn.done": "complete",
  "turn.failed": "failed",
  "turn.cancelled": "cancelled",
  "turn.interrupted": "interrupted",
};

export class Conversation {
  #list;
  #announcer;
  #onChange;
  #turns = new Map();

  constructor(list, { announcer, onChange }) {
    this.#list = list;
    this.#announcer = announcer;
    this.#onChange = onChange;
    this.#adopt(list);
  }

  /** Puts an earlier part of the conversation in the place of an element, as the server has drawn it. */
  showEarlier(part, place) {
    this.#adopt(part);
    place.replaceWith(part);
  }

  get runningTurns() {
    return [...this.#turns.values()].filter((turn) => turn.isRunning);
  }

  showPending(item, author) {
    const element = copyOf("message-template");
    Object.assign(element.dataset, { clientId: item.client_id, state: "pending" });
    fillMessage(element, { ...item, author_name: author, created_at: new Date().toISOString() });
    this.#list.append(element);
  }

  dropPending(clientId) {
    this.#pending(clientId)?.remove();
  }

  /** Above everything, unless the page has it, or begins later. */
  showGreeting({ persona, html }) {
    if (this.#list.querySelector("[data-kind=greeting], [data-action=earlier]")) return;
    const element = copyOf("greeting-template");
    const slot = (name) => element.querySelector(`[data-slot=${name}]`);
    showAvatar(slot("avatar"), persona);
    slot("name").textContent = persona.name;
    slot("html").innerHTML = html;
    this.#place(element);
  }

  showMessage(message, clientId = message.client_id) {
    const pending = clientId && this.#pending(clientId);
    const known = this.#list.querySelector(`.message[data-id="${message.id}"]`);
    if (known && pending) pending.remove();
    if (known) return;
    const element = pending || copyOf("message-template");
    delete element.dataset.state;
    Object.assign(element.dataset, { id: message.id, position: message.position });
    fillMessage(element, message);
    this.#place(element);
  }

  showTurn(wire) {
    const known = this.#turns.get(String(wire.id));
    const turn = known ?? new Turn(copyOf("turn-template"));
    const wasRunning = known?.isRunning;
    const fresh = turn.merge(wire);
    this.#turns.set(turn.id, turn);
    this.#place(turn.element);
    this.#onChange();
    if (known) this.#announcer.hear(turn.id, fresh);
    if (wasRunning && !turn.isRunning) this.#announceEnd(turn, wire);
  }

  /** Applies an event about one turn. Returns false when the page lacks something it builds on. */
  apply(event) {
    if (event.type === "turn.queued") return this.#queue(event.turn);
    const turn = this.#turns.get(String(event.turn));
    if (!turn) return false;
    if (event.type === "turn.delta") return this.#append(turn, event);
    if (event.type === "turn.block") return turn.render(event);
    if (event.type === "turn.started") turn.start(event);
    if (event.type === "turn.wish") this.#wish(turn, event);
    if (event.type === "turn.restarted") this.#restart(turn, event);
    if (event.type in ENDS) this.#finish(turn, event);
    this.#onChange();
    return true;
  }

  #adopt(part) {
    for (const element of part.querySelectorAll(".turn")) {
      this.#turns.set(element.dataset.id, new Turn(element));
      dressProse(element.querySelector(".turn-html"));
    }
  }

  #queue(wire) {
    const known = this.#turns.get(String(wire.id));
    if (known) known.queue(wire);
    else this.showTurn(wire);
    this.#onChange();
    return true;
  }

  #append(turn, event) {
    const fresh = turn.append(event);
    if (fresh) this.#announcer.hear(turn.id, fresh);
    return fresh !== null;
  }

  #restart(turn, event) {
    if (!turn.restart(event)) return;
    this.#announcer.forget(turn.id);
    this.#announcer.say(`${event.reason}. ${turn.name} starts over.`);
  }

  #wish(turn, event) {
    if (turn.wish(event)) this.#announcer.say("Waiting for a provider.");
    else this.#announcer.say(event.message);
  }

  #finish(turn, event) {
    if (turn.finish(event, ENDS[event.type])) this.#announceEnd(turn, event);
  }

  #announceEnd(turn, { text, message }) {
    this.#announcer.finish(turn.id, text ?? "");
    const end = { complete: "has replied", cancelled: "was stopped" }[turn.status] ?? "could not finish";
    this.#announcer.say(`${turn.name} ${end}. ${message ?? ""}`);
  }

  #pending(clientId) {
    return this.#list.querySelector(`.message[data-state=pending][data-client-id="${clientId}"]`);
  }

  /** Most entries belong at the end, so the search starts there. What is not sent stays last. */
  #place(element) {
    let before = this.#list.lastElementChild;
    while (before && (before === element || comesAfter(before, element))) {
      before = before.previousElementSibling;
    }
    if (element.isConnected && element.previousElementSibling === before) return;
    if (before) before.after(element);
    else this.#list.prepend(element);
  }
}

/** A reply follows its question also if both have the same position. */
function comesAfter(one, other) {
  const [first, second] = [one, other].map(({ dataset }) => Number(dataset.position || Infinity));
  if (first !== second) return first > second;
  return one.dataset.kind === "turn" && other.dataset.kind === "message";
}

function copyOf(template) {
  return document.importNode(document.getElementById(template).content.firstElementChild, true);
}

function fillMessage(element, { author_name: author, text, created_at: createdAt }) {
  element.querySelector("[data-slot=author]").textContent = author;
  element.querySelector("[data-slot=text]").textContent = text;
  writeTime(element.querySelector("time"), createdAt);
}
