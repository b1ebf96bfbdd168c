/** The list of what happened, the newest on top; each event once, by its number. */

import { writeTime } from "./times.js";

const KEPT = 100;

export class ActivityList {
  #list;
  #template;
  #last;

  constructor(list) {
    this.#list = list;
    this.#template = document.getElementById("event-template");
    this.#last = Number(list.querySelector("[data-id]")?.dataset.id ?? 0);
  }

  get last() {
    return this.#last;
  }

  /** Shows what is new, and returns it. */
  add(events) {
    const fresh = events.filter(({ id }) => id > this.#last);
    for (const event of fresh) {
      this.#list.prepend(this.#draw(event));
      this.#last = event.id;
    }
    if (fresh.length) document.getElementById("activity-empty").hidden = true;
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild.remove();
    return fresh;
  }

  #draw({ id, at, text, is_problem: isProblem, request_id: requestId }) {
    const item = this.#template.content.cloneNode(true).firstElementChild;
    item.dataset.id = id;
    item.dataset.problem = isProblem;
    item.title = requestId ? `Request ${requestId}` : "";
    item.querySelector("[data-slot=text]").textContent = text;
    writeTime(item.querySelector("time"), at);
    return item;
  }
}
