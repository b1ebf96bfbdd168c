/** Long chats: what was said before is fetched when the reader comes near it, or asks for it. */

import { refreshTimes } from "./times.js";

/**
 * `show(part, place)` puts the fetched entries where the button was. Returns what is to be called when
 * a new button may have come.
 */
export function followHistory(viewport, entries, show) {
  const nearby = new IntersectionObserver(
    (sightings) => sightings.filter((each) => each.isIntersecting).forEach(({ target }) => fetchBefore(target)),
    { root: viewport, rootMargin: "600px 0px 0px 0px" },
  );
  const watch = (root) => {
    const button = root.querySelector("[data-action=earlier]");
    if (button) nearby.observe(button);
  };
  entries.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-action=earlier]");
    if (button) fetchBefore(button);
  });
  watch(entries);
  return () => watch(entries);

  async function fetchBefore(button) {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    nearby.unobserve(button);
    const part = await read(button.dataset.address);
    button.ariaBusy = "false";
    if (part) insert(button, part);
    else button.querySelector("span").textContent = "Earlier messages could not be loaded. Try again";
  }

  /** The reader stays where they are: what is new stands above, and so does the button for more of it. */
  function insert(button, part) {
    refreshTimes(part);
    watch(part);
    const hadFocus = document.activeElement === button;
    const first = part.querySelector(".entry button");
    const below = button.closest("li").nextElementSibling;
    const before = below.getBoundingClientRect().top;
    show(part, button.closest("li"));
    viewport.scrollTop += below.getBoundingClientRect().top - before;
    if (!hadFocus) return;
    const next = entries.querySelector("[data-action=earlier]") ?? first;
    next.focus({ preventScroll: true });
  }
}

async function read(address) {
  try {
    const response = await fetch(address);
    if (!response.ok || response.redirected) return null;
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    return document.importNode(template.content, true);
  } catch {
    return null;
  }
}
