/** Personas and chats as items of the palette, asked for each time it opens. */

const CHATS = 100;

/** What cannot be had now is left out: the commands work all the same. */
export async function choicesOf(dialog) {
  const [personas, active, inactive] = await Promise.all([
    read("/api/personas"),
    read(`/api/sessions?limit=${CHATS}`),
    read(`/api/sessions?limit=${CHATS}&active=false`),
  ]);
  const home = dialog.dataset.chats;
  const chats = [...(active?.results ?? []), ...(inactive?.results ?? [])];
  return [
    ...(personas ?? []).map(({ id, name, role }) =>
      itemOf("persona", {
        id: `persona-${id}`,
        name,
        detail: role,
        href: `${home}?persona=${encodeURIComponent(id)}`,
        press: `#sidebar [data-persona="${CSS.escape(id)}"]`,
      }),
    ),
    ...chats.map(({ id, title, persona }) =>
      itemOf("chat", {
        id: `chat-${id}`,
        name: title || "New chat",
        detail: persona?.name ?? "",
        href: `${home}${id}/`,
      }),
    ),
  ];
}

function itemOf(kind, { id, name, detail, href, press }) {
  const template = document.getElementById(`palette-${kind}`);
  const item = document.importNode(template.content.firstElementChild, true);
  item.id = `go-${id}`;
  item.dataset.href = href;
  if (press) item.dataset.press = press;
  item.querySelector(".palette-name").textContent = name;
  item.querySelector(".palette-detail").textContent = detail;
  return item;
}

async function read(path) {
  try {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
