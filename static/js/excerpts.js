/** Copying and quoting of messages, replies and blocks of code. */

import { readTurn } from "./api.js";

const SHOWN = 2_000;

/** `quote` takes a text into the composer, `say` tells screen readers. */
export function followExcerpts(entries, { quote, say }) {
  entries.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-action=copy], [data-action=quote], [data-action=copy-code]");
    if (!button) return;
    const { action } = button.dataset;
    const entry = button.closest(".entry");
    try {
      if (action === "quote") quote(asQuotation(await (selectedIn(entry) || textOf(entry))));
      else await copy(action === "copy" ? textOf(entry) : codeOf(button));
    } catch {
      say("That could not be copied.");
      return;
    }
    if (action === "quote") return;
    say("Copied.");
    button.dataset.state = "done";
    setTimeout(() => delete button.dataset.state, SHOWN);
  });
}

/** As it was written: what is rendered of a reply is asked for, since the page has its HTML alone. */
async function textOf(entry) {
  const written = entry.querySelector("[data-slot=text]").textContent;
  if (entry.dataset.kind === "message") return written;
  if (written && !entry.querySelector("[data-slot=html]").childElementCount) return written;
  return (await readTurn(entry.dataset.id)).text;
}

const codeOf = (button) => Promise.resolve(button.closest(".code-block").querySelector("pre").textContent);

/** Some browsers forget the click while a text is asked for, so they are given the promise. */
async function copy(text) {
  if (!navigator.clipboard) return copyByField(await text);
  if (!globalThis.ClipboardItem) return navigator.clipboard.writeText(await text);
  const blob = Promise.resolve(text).then((said) => new Blob([said], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Where the page does not come over https. */
function copyByField(text) {
  const focused = document.activeElement;
  const field = Object.assign(document.createElement("textarea"), { value: text });
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  if (!isCopied) throw new Error("The browser does not copy.");
}

function selectedIn(entry) {
  const selection = getSelection();
  if (selection.isCollapsed || !entry.contains(selection.getRangeAt(0).commonAncestorContainer)) return "";
  return selection.toString();
}

const asQuotation = (text) => text.trim().replace(/^/gm, "> ").replace(/^> $/gm, ">");
