/**
 * The end of a streamed reply that is not rendered yet, as plain text that takes the place which it
 * will take when it is: paragraphs apart, code in a frame. Its text content is exactly the text.
 */

const TEXT = "tail-text";
const GAP = "tail-gap";
const FENCE = "tail-fence";
const CODE = "tail-code";

export class Tail {
  #slot;
  #length = 0;

  constructor(slot) {
    this.#slot = slot;
    this.#restart(slot.textContent);
  }

  /** In code points, as the server counts; a string's own length is in UTF-16 units. */
  get length() {
    return this.#length;
  }

  get isSelected() {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(this.#slot, true);
  }

  append(text) {
    if (!text) return;
    const parts = [...this.#slot.children];
    const first = Math.max(0, parts.findLastIndex(({ className }) => className === TEXT || className === FENCE));
    const open = parts.slice(first);
    const wanted = partsOf(open.map(({ textContent }) => textContent).join("") + text);
    wanted.forEach((part, index) => this.#show(part, open[index]));
    for (const part of open.slice(wanted.length)) part.remove();
    this.#length += codePoints(text);
  }

  /** Takes away so many code points from its beginning; the parts behind them stay the same nodes. */
  drop(count) {
    let left = count;
    for (const part of [...this.#slot.children]) {
      const length = codePoints(part.textContent);
      if (length > left) break;
      part.remove();
      left -= length;
      this.#length -= length;
    }
    if (left) this.#restart([...this.#slot.textContent].slice(left).join(""));
  }

  clear() {
    this.#restart("");
  }

  #restart(text) {
    this.#slot.replaceChildren();
    this.#length = 0;
    this.append(text);
  }

  /** What stands there already is left alone, so that it can be read and selected. */
  #show({ kind, text }, part) {
    const shown = part?.textContent;
    if (part?.className === kind && text.startsWith(shown)) {
      if (text !== shown) part.firstChild.appendData(text.slice(shown.length));
      return;
    }
    const fresh = document.createElement(kind === GAP ? "span" : "div");
    Object.assign(fresh, { className: kind, hidden: kind === GAP, textContent: text });
    if (part) part.replaceWith(fresh);
    else this.#slot.append(fresh);
  }
}

function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Blank lines and the end of a block of code only separate. */
function partsOf(text) {
  const parts = [];
  let fence = "";
  for (const line of text.match(/[^\n]*\n|[^\n]+/g) ?? []) {
    const bar = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const isEnd = fence && bar?.startsWith(fence) && line.trim() === bar;
    const kind = isEnd ? GAP : fence ? CODE : bar ? FENCE : line.trim() ? TEXT : GAP;
    if (kind === FENCE) fence = bar;
    if (isEnd) fence = "";
    if (parts.at(-1)?.kind === kind) parts.at(-1).text += line;
    else parts.push({ kind, text: line });
  }
  return parts;
}
