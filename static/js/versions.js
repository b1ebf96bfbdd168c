/** Versions of a message or a reply: which one is shown, and the way to those beside it. */

/** Null is no news. Where there is only one, nothing is drawn. */
export function showVersions(element, versions) {
  if (!versions) return;
  const { index, count, previous, next } = versions;
  let group = element.querySelector("[data-slot=versions]");
  if (count < 2) {
    group?.remove();
    return;
  }
  group ??= add(element);
  for (const [way, id] of Object.entries({ previous, next })) {
    const button = group.querySelector(`[data-way=${way}]`);
    button.value = id ?? "";
    button.disabled = id === null;
  }
  group.querySelector("[data-slot=version-index]").textContent = index;
  group.querySelector("[data-slot=version-count]").textContent = count;
  group.querySelector("[data-slot=version-place]").textContent = `${index} / ${count}`;
}

function add(element) {
  const { kind, id } = element.dataset;
  const template = document.getElementById(`${kind}-versions`);
  const group = document.importNode(template.content.firstElementChild, true);
  const compare = group.querySelector("[data-action=compare]");
  if (compare) compare.pathname = compare.pathname.replace(/turns\/[^/]*\//, `turns/${id}/`);
  element.querySelector(".entry-tools").before(group);
  return group;
}

/** A result of search may lead to what is not shown: the address says so. Reading alone changes nothing. */
export async function showWhatAddressNames(showVersion) {
  const address = new URL(location);
  const kind = address.searchParams.get("version");
  const [, found, id] = /^#(turn|message)-(\d+)$/.exec(address.hash) ?? [];
  if (!found || found !== kind) return;
  address.searchParams.delete("version");
  history.replaceState(null, "", address);
  await showVersion({ [kind]: Number(id) });
  location.reload();
}

/** Another version by somebody else: the dialog asks by whom, and closes with the slug of who is chosen. */
export function followSpeakers(list, dialog, regenerate) {
  let turn = 0;
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-action=regenerate-by]");
    if (!button) return;
    turn = Number(button.closest(".turn").dataset.id);
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue) regenerate(turn, dialog.returnValue);
  });
}

/** Choosing a version: with the arrows, or out of the dialog that compares them. */
export class VersionChoice {
  #list;
  #show;
  #say;
  #focus = null;

  /** `show` asks for a version, {turn} or {message}. */
  constructor(list, dialog, { show, say }) {
    this.#list = list;
    this.#show = show;
    this.#say = say;
    list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-action=show-version]");
      if (button) this.#choose(button);
    });
    dialog.addEventListener("submit", (event) => {
      const turn = Number(event.target.dataset.turn);
      if (!turn) return;
      event.preventDefault();
      dialog.close();
      show({ turn });
    });
  }

  /** The path has been drawn: whoever pressed an arrow finds it again. */
  settle() {
    const { kind, id, way } = this.#focus ?? {};
    const entry = kind && this.#list.querySelector(`.${kind}[data-id="${id}"]`);
    if (!entry) return;
    this.#focus = null;
    const group = entry.querySelector("[data-slot=versions]");
    this.#say(`${group.querySelector(".visually-hidden").textContent}.`);
    const goal = group.querySelector(`[data-way=${way}]:enabled`) ?? group.querySelector("button:enabled");
    goal?.focus({ preventScroll: true });
  }

  #choose(button) {
    const { kind } = button.closest(".entry").dataset;
    const id = Number(button.value);
    this.#focus = { kind, id, way: button.dataset.way };
    this.#show({ [kind]: id });
  }
}
