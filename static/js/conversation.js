/** The list of messages and replies: the path that is shown, in the order of its positions. */

import { dressProse } from "./prose.js";
import { writeTime } from "./times.js";
import { showAvatar, Turn } from "./turn.js";
import { showVersions } from "./versions.js";

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
  /** Turns that are not on the path, as far as the page has heard of them. */
  #elsewhere = new Set();

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

  /** Draws the end of the path anew. What stands above it stays, where the path still comes from there. */
  showPath({ messages, turns }, earlierThan) {
    this.#dropBelow(this.#lastAbove(messages[0], earlierThan), { messages, turns });
    for (const message of messages) this.#putMessage(message, message.client_id);
    for (const turn of turns) this.#putTurn(turn);
    this.#onChange();
  }

  /** Shows a message that goes on from the end. Returns false where that is not what is shown. */
  showMessage(message, clientId = message.client_id) {
    const isKnown = this.#entry("message", message.id) !== null;
    if (isKnown || message.parent === this.#end) this.#putMessage(message, clientId);
    else this.dropPending(clientId);
    return isKnown || this.#entry("message", message.id) !== null;
  }

  /** Shows the reply to the last message, or what is new about one that is shown. Returns as `apply` does. */
  showTurn(wire) {
    const last = [...this.#list.querySelectorAll(".message:not([data-state=pending])")].at(-1);
    const isNext = last?.dataset.id === String(wire.question) && !this.#replyTo(wire.question);
    if (!isNext && !this.#turns.has(String(wire.id))) return this.#isElsewhere(wire.id);
    this.#putTurn(wire);
    return true;
  }

  #putMessage(message, clientId) {
    const pending = clientId && this.#pending(clientId);
    const known = this.#entry("message", message.id);
    if (known && pending) pending.remove();
    const element = known || pending || copyOf("message-template");
    delete element.dataset.state;
    const { id, position, parent } = message;
    Object.assign(element.dataset, { id, position, parent: parent ?? "" });
    if (!known) fillMessage(element, message);
    showVersions(element, message.versions);
    this.#place(element);
  }

  #putTurn(wire) {
    const known = this.#turns.get(String(wire.id));
    const turn = known ?? new Turn(copyOf("turn-template"));
    const wasRunning = known?.isRunning;
    if (known) this.#forgetEarlier(known, wire);
    const fresh = turn.merge(wire);
    turn.element.dataset.question = wire.question;
    showVersions(turn.element, wire.versions);
    this.#turns.set(turn.id, turn);
    this.#place(turn.element);
    this.#onChange();
    if (known) this.#announcer.hear(turn.id, fresh);
    if (known && (wasRunning || fresh) && !turn.isRunning) this.#announceEnd(turn, wire);
  }

  /** Applies an event about one turn. Returns false when the page lacks something it builds on. */
  apply(event) {
    if (event.type === "turn.queued") return this.#queue(event.turn);
    const turn = this.#turns.get(String(event.turn));
    if (!turn) return this.#isElsewhere(event.turn);
    this.#forgetEarlier(turn, event);
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
      const turn = new Turn(element);
      this.#turns.set(turn.id, turn);
      if (turn.isRunning) this.#announcer.skip(turn.id, element.querySelector(".turn-text").textContent);
      dressProse(element.querySelector(".turn-html"));
    }
  }

  /** Of an attempt that is replaced, nothing more is said. */
  #forgetEarlier(turn, { attempt }) {
    if (attempt > turn.attempt) this.#announcer.forget(turn.id);
  }

  #queue(wire) {
    const known = this.#turns.get(String(wire.id));
    if (!known) return this.showTurn(wire);
    known.queue(wire);
    this.#onChange();
    return true;
  }

  /** One that nobody has told of asks for the state once. Then it is known to belong to other versions. */
  #isElsewhere(id) {
    const isKnown = this.#elsewhere.has(String(id));
    this.#elsewhere.add(String(id));
    return isKnown;
  }

  #entry(kind, id) {
    return this.#list.querySelector(`.${kind}[data-id="${id}"]`);
  }

  #replyTo(question) {
    return this.#list.querySelector(`.turn[data-question="${question}"]`);
  }

  /** The id of the last turn; null before the first. */
  get #end() {
    const last = [...this.#list.querySelectorAll(".turn")].at(-1);
    return last ? Number(last.dataset.id) : null;
  }

  /** The element after which the new end of the path begins; without one there is nothing to keep. */
  #lastAbove(first, earlierThan) {
    const known = first && this.#entry("message", first.id);
    if (known) return known.previousElementSibling;
    const parent = first?.parent && this.#entry("turn", first.parent);
    if (parent || !first?.parent) return parent || this.#list.querySelector("[data-kind=greeting]");
    const way = copyOf("earlier-template");
    way.querySelector("button").dataset.address = earlierThan(first.position);
    for (const old of this.#list.querySelectorAll(".earlier")) old.remove();
    this.#list.prepend(way);
    return way;
  }

  /** Takes away what is not on the path. What is not sent yet is on every path. */
  #dropBelow(above, { messages, turns }) {
    const stays = new Set([
      ...messages.map(({ id }) => `message-${id}`),
      ...turns.map(({ id }) => `turn-${id}`),
    ]);
    let each = above ? above.nextElementSibling : this.#list.firstElementChild;
    while (each) {
      const { kind, id, state } = each.dataset;
      const next = each.nextElementSibling;
      if (state !== "pending" && !stays.has(`${kind}-${id}`)) {
        each.remove();
        if (this.#turns.delete(id)) this.#elsewhere.add(id);
      }
      each = next;
    }
  }

  #append(turn, event) {
    const fresh = turn.append(event);
    if (fresh) this.#announcer.hear(turn.id, fresh);
    return fresh !== null;
  }

  #restart(turn, event) {
    if (!turn.restart(event)) return;
    this.#announcer.say(`${event.reason}. ${turn.name} starts over.`);
  }

  #wish(turn, event) {
    if (turn.wish(event)) this.#announcer.say("Waiting for a provider.");
    else this.#announcer.say(event.message);
  }

  #finish(turn, event) {
    const fresh = turn.finish(event, ENDS[event.type]);
    if (fresh === null) return;
    this.#announcer.hear(turn.id, fresh);
    this.#announceEnd(turn, event);
  }

  #announceEnd(turn, { message, usage }) {
    this.#announcer.finish(turn.id);
    const end = { complete: "has replied", cancelled: "was stopped" }[turn.status] ?? "could not finish";
    const cut = usage?.is_cut ? "It was cut at the limit." : "";
    this.#announcer.say(`${turn.name} ${end}. ${message || cut}`);
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
