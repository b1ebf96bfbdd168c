/** What is said aloud of a reply's Markdown while it streams: whole sentences without its signs, code by name only. */

const SENTENCE_END = /[.!?…:]["')\]*_]*\s/g;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;

export class Speech {
  #unsaid = "";
  #fence = "";

  /** Takes the next piece; returns the sentences that are whole by now. */
  hear(text) {
    this.#unsaid += text;
    const lines = this.#unsaid.split("\n");
    this.#unsaid = lines.pop();
    return [...lines.map((line) => this.#read(line)), this.#cut()].filter(Boolean);
  }

  /** The last sentence, which needs no end. */
  finish() {
    const rest = this.#read(this.#unsaid);
    this.#unsaid = "";
    return rest ? [rest] : [];
  }

  #read(line) {
    const [, bar, language] = FENCE.exec(line) ?? [];
    if (this.#fence) {
      if (bar?.startsWith(this.#fence) && line.trim() === bar) this.#fence = "";
      return "";
    }
    if (!bar) return plain(line);
    this.#fence = bar;
    return language ? `Code block, ${language}.` : "Code block.";
  }

  /** Sentences that end within the line that is still being written. */
  #cut() {
    if (this.#fence || FENCE.test(this.#unsaid)) return "";
    let end = 0;
    for (const match of this.#unsaid.matchAll(SENTENCE_END)) end = match.index + match[0].length;
    const said = plain(this.#unsaid.slice(0, end));
    if (said) this.#unsaid = this.#unsaid.slice(end);
    return said;
  }
}

/** As one would read it aloud: no signs of headings, lists, quotations and emphasis, links by their words. */
function plain(line) {
  if (/^[\s|:=*_-]+$/.test(line)) return "";
  return line
    .replace(/^\s*((#{1,6}|>|[-*+])\s+)+(\[[ xX]\]\s+)?/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*\||\|\s*$/g, "")
    .replace(/\s*\|\s*/g, ", ")
    .replace(/(\*{1,3}|~~|`+)(?=\S)|(?<=\S)(\*{1,3}|~~|`+)/g, "")
    .trim();
}
