/** Changing a message of one's own in its place, and sending it anew. */

import { newClientId } from "./outbox.js";

export class Editing {
  #send;
  #entry = null;
  #form = null;
  #clientId = "";

  /** `send` gets {client_id, text, message}. */
  constructor(list, { send }) {
    this.#send = send;
    list.addEventListener("click", ({ target }) => {
      const action = target.closest("[data-action]")?.dataset.action;
      if (action === "edit") this.#open(target.closest(".message"));
      if (action === "cancel-edit") this.#close();
    });
  }

  /** Returns whether this was what is being sent: then its author reads why it was refused. */
  refuse(clientId, message) {
    if (!clientId || clientId !== this.#clientId) return false;
    this.#setBusy("");
    this.#form.querySelector("[role=alert]").textContent = message;
    this.#form.elements.text.focus();
    return true;
  }

  /** The path has been drawn. Gives back what was being written where the message is no longer shown. */
  settle() {
    if (!this.#entry || this.#entry.isConnected) return { text: "", isSent: false };
    const isSent = Boolean(this.#clientId);
    const { text } = this.#form.elements;
    const unsent = isSent || text.value === text.defaultValue ? "" : text.value;
    this.#forget();
    return { text: unsent, isSent };
  }

  #open(entry) {
    this.#close();
    const template = document.getElementById("edit-template");
    this.#form = document.importNode(template.content.querySelector("form"), true);
    this.#entry = entry;
    const field = this.#form.elements.text;
    field.defaultValue = entry.querySelector("[data-slot=text]").textContent;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(field);
    });
    this.#form.addEventListener("keydown", (event) => this.#pressed(event));
    entry.dataset.editing = "";
    entry.querySelector(".entry-main").append(this.#form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  #pressed(event) {
    if (event.isComposing || this.#clientId) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter" && !event.shiftKey && event.target.name) this.#form.requestSubmit();
    else return;
    event.preventDefault();
  }

  #save(field) {
    const text = field.value.trim();
    if (this.#clientId || !text) return;
    if (text === field.defaultValue.trim()) {
      this.#close();
      return;
    }
    this.#setBusy(newClientId());
    this.#send({ client_id: this.#clientId, text, message: Number(this.#entry.dataset.id) });
  }

  #setBusy(clientId) {
    this.#clientId = clientId;
    this.#form.elements.text.readOnly = Boolean(clientId);
    for (const button of this.#form.querySelectorAll("button")) button.disabled = Boolean(clientId);
    this.#form.querySelector("[role=alert]").textContent = "";
  }

  #close() {
    if (!this.#entry || this.#clientId) return;
    const entry = this.#entry;
    this.#form.remove();
    this.#forget();
    entry.querySelector("[data-action=edit]").focus();
  }

  #forget() {
    if (this.#entry) delete this.#entry.dataset.editing;
    this.#entry = this.#form = null;
    this.#clientId = "";
  }
}
