/**
 * One reply on the page. What is known of it lives in the data attributes of its element, and the
 * style sheet draws the parts that belong to its status.
 *
 * Events may come twice or late: (attempt, status) only moves forward. Within one attempt the
 * order is streaming, then an end, then queued again ("run again" raises the attempt later, when
 * the turn is claimed).
 */

import { writeTime } from "./times.js";
import { Written } from "./written.js";

const RUNNING = new Set(["queued", "streaming"]);

export function showAvatar(avatar, { initials, colour, picture_url: picture }) {
  avatar.className = `avatar avatar-${colour}`;
  if (!picture) avatar.textContent = initials;
  else if (!avatar.querySelector("img")) {
    avatar.replaceChildren(Object.assign(new Image(), { src: picture, alt: "" }));
  }
}

export class Turn {
  #slots = {};
  #written;

  constructor(element) {
    this.element = element;
    for (const slot of element.querySelectorAll("[data-slot]")) this.#slots[slot.dataset.slot] = slot;
    const { html, text } = this.#slots;
    this.#written = new Written(html, text, Number(element.dataset.htmlEnd || 0));
  }

  get id() {
    return this.element.dataset.id;
  }

  get attempt() {
    return Number(this.element.dataset.attempt || -1);
  }

  get status() {
    return this.element.dataset.status;
  }

  get isRunning() {
    return RUNNING.has(this.status);
  }

  get name() {
    return this.#slots.name.textContent;
  }

  /** Takes over a turn in its wire form unless the page knows better; returns streamed text that is new. */
  merge(wire) {
    if (wire.attempt >= this.attempt) this.#showWish(wire.wished_at);
    if (wire.attempt < this.attempt) return "";
    const isGoingOn = [wire.status, this.status].every((status) => status === "streaming");
    if (wire.attempt === this.attempt && isGoingOn) return this.#catchUp(wire);
    if (wire.attempt === this.attempt && this.#isAhead(wire)) return "";
    const { dataset } = this.element;
    const known = this.#knownOf(wire);
    dataset.id = wire.id;
    dataset.position = wire.position;
    this.#enter(wire.attempt, wire.status);
    this.#showPersona(wire.persona);
    this.#showWaiting(wire.waiting);
    this.#showProvider(wire.status === "queued" ? null : wire.provider);
    this.#showReply(RUNNING.has(wire.status) ? {} : wire);
    writeTime(this.element.querySelector("time"), wire.created_at);
    if (wire.status === "streaming") this.#catchUp(wire);
    return [...wire.text].slice(known).join("");
  }

  queue({ attempt, waiting }) {
    if (attempt < this.attempt) return;
    this.#showWaiting(waiting);
    if (attempt === this.attempt && this.status === "queued") return;
    this.#enter(attempt, "queued");
    this.#showProvider(null);
    this.#showReply({});
  }

  /** Told once for each provider that is tried. */
  start({ attempt, persona, provider }) {
    const isSame = attempt === this.attempt;
    const isNext = attempt > this.attempt || (isSame && this.status === "queued");
    if (!isNext && !(isSame && this.status === "streaming")) return;
    if (isNext) {
      this.#enter(attempt, "streaming");
      this.#showReply({});
    }
    if (persona) this.#showPersona(persona);
    this.#showProvider(provider ?? null);
  }

  /** Returns the text that is new, or null if something before it is missing. */
  append({ attempt, at, text }) {
    if (attempt < this.attempt) return "";
    if (attempt > this.attempt || this.status === "queued") this.start({ attempt });
    if (this.status !== "streaming") return "";
    const { length } = this.#written;
    if (at > length) return null;
    const fresh = at === length ? text : [...text].slice(length - at).join("");
    this.#written.append(fresh);
    return fresh;
  }

  /** A part of the text is rendered. Returns false when something before it is missing. */
  render(event) {
    const isCurrent = event.attempt === this.attempt && this.status === "streaming";
    return !isCurrent || this.#written.addBlock(event);
  }

  restart({ attempt, reason }) {
    if (attempt <= this.attempt) return false;
    this.#enter(attempt, "streaming");
    this.#showReply({});
    this.#showProvider(null);
    this.#slots.restart.textContent = `${reason}; starting over with the next provider`;
    return true;
  }

  /** Returns the text that is new, or null if nothing of this was news. */
  finish(event, status) {
    const isNews = event.attempt > this.attempt || (event.attempt === this.attempt && this.isRunning);
    if (!isNews) return null;
    const known = this.#knownOf(event);
    this.#enter(event.attempt, status);
    if ("provider" in event) this.#showProvider(event.provider);
    this.#showWish(event.wished_at);
    this.#showReply(event);
    return [...event.text].slice(known).join("");
  }

  /** A reply of the fallback voice begins or ceases to wait for a provider. Returns whether it waits. */
  wish({ attempt, wished_at: since, message }) {
    if (attempt < this.attempt) return false;
    this.#showWish(since);
    this.#slots.message.textContent = message ?? "";
    return Boolean(since);
  }

  /** How much of its text is on the page. */
  #knownOf({ attempt }) {
    return attempt === this.attempt ? this.#written.length : 0;
  }

  #isAhead(wire) {
    return !this.isRunning && (this.status === wire.status || wire.status === "streaming");
  }

  #enter(attempt, status) {
    Object.assign(this.element.dataset, { attempt, status });
  }

  /** Adds what is new of a running reply, and returns it. */
  #catchUp(wire) {
    const fresh = [...wire.text].slice(this.#written.length).join("");
    this.#written.append(fresh);
    this.#written.catchUp(wire);
    return fresh;
  }

  #showReply(reply) {
    this.#written.show(reply);
    this.#slots.message.textContent = reply.message ?? "";
    this.#slots.restart.textContent = "";
    this.element.toggleAttribute("data-cut", Boolean(reply.usage?.is_cut));
  }

  #showWish(since) {
    if (since) this.element.dataset.wish = "open";
    else delete this.element.dataset.wish;
  }

  #showPersona(persona) {
    this.#slots.name.textContent = persona.name;
    this.#slots.thinker.textContent = persona.name;
    showAvatar(this.#slots.avatar, persona);
  }

  /** Who is before it; while nobody knows, the style sheet tells from the page. */
  #showWaiting(waiting) {
    this.element.toggleAttribute("data-waits", Boolean(waiting));
    this.#slots.waiting.textContent = waiting?.text ?? "Waits for the reply above";
  }

  #showProvider(provider) {
    const badge = this.#slots.provider;
    badge.dataset.kind = provider ? (provider.is_fallback ? "fallback" : "model") : "none";
    badge.pathname = badge.pathname.replace(/turns\/[^/]*\//, `turns/${this.id}/`);
    this.#slots["provider-name"].textContent = [provider?.name, provider?.model]
      .filter(Boolean)
      .join(" · ");
  }
}
