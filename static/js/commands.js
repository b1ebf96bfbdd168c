/** What one can do by writing it: "/persona Sam". Only what has an effect just now is offered. */

export class Commands {
  #all;

  /** `stop`: ends running replies. `isAnswering`: whether there are any. */
  constructor(form, { home, stop, isAnswering }) {
    this.#all = [
      {
        name: "persona",
        detail: "choose who answers next",
        choices: () => [...form.elements.persona.options].map((option) => option.textContent),
        run: (name) => choosePersona(form.elements.persona, name),
      },
      { name: "new", detail: "begin a new chat", run: () => location.assign(home) },
      {
        name: "stop",
        detail: "stop the reply",
        isPossible: isAnswering,
        refusal: "There is no reply to stop.",
        run: stop,
      },
      {
        name: "again",
        detail: "run the last reply again",
        isPossible: () => Boolean(lastVisible("run-again")),
        refusal: "There is no reply to run again.",
        run: () => lastVisible("run-again").click(),
      },
      {
        name: "regenerate",
        detail: "have the last reply written once more",
        isPossible: () => Boolean(lastVisible("regenerate")),
        refusal: "There is no reply to regenerate.",
        run: () => lastVisible("regenerate").click(),
      },
      {
        name: "compare",
        detail: "see the versions of the last reply side by side",
        isPossible: () => Boolean(lastVisible("compare")),
        refusal: "The last reply has no other versions.",
        run: () => lastVisible("compare").click(),
      },
      {
        name: "edit",
        detail: "change your last message and send it anew",
        isPossible: () => Boolean(lastVisible("edit", ".message")),
        refusal: "There is no message to edit.",
        run: () => lastVisible("edit", ".message").click(),
      },
      ...["copy", "quote"].map((name) => ({
        name,
        detail: `${name} the last reply`,
        isPossible: () => Boolean(lastVisible(name)),
        refusal: `There is no reply to ${name}.`,
        run: () => lastVisible(name).click(),
      })),
      {
        name: "print",
        detail: "print this chat",
        isPossible: () => Boolean(document.querySelector("#entries .turn")),
        refusal: "There is nothing to print yet.",
        run: () => globalThis.print(),
      },
      { name: "help", detail: "keyboard shortcuts", run: () => press("show-shortcuts") },
    ];
  }

  /** What the text could become: {text, detail, isWhole}. An unfinished one asks for a name. */
  completionsOf(text) {
    const [, name, argument] = /^\/([a-z]*)(?:[ \t]+(.*))?$/i.exec(text) ?? [];
    if (name === undefined) return [];
    if (argument === undefined) {
      return this.#possible
        .filter((command) => command.name.startsWith(name.toLowerCase()))
        .map(({ name: found, detail, choices }) => ({
          text: `/${found}${choices ? " " : ""}`,
          detail,
          isWhole: !choices,
        }));
    }
    const choices = this.#find(name)?.choices?.() ?? [];
    return choices
      .filter((choice) => beginsLike(choice, argument))
      .map((choice) => ({ text: `/${name} ${choice}`, detail: "", isWhole: true }));
  }

  /** Does what is written. Null: it is no command; otherwise why it could not be done, or nothing. */
  run(text) {
    const [, name, argument = ""] = /^\/([a-z]+)(?:[ \t]+(.*?))?\s*$/i.exec(text) ?? [];
    const command = this.#find(name);
    if (!command) return null;
    if (!this.#possible.includes(command)) return command.refusal;
    return command.run(argument) ?? "";
  }

  get #possible() {
    return this.#all.filter(({ isPossible }) => isPossible?.() ?? true);
  }

  #find(name = "") {
    return this.#all.find((command) => command.name === name.toLowerCase());
  }
}

const beginsLike = (name, part) => name.toLowerCase().startsWith(part.trim().toLowerCase());

function choosePersona(select, name) {
  if (!name) return "Whom? Write a name after /persona.";
  const option = [...select.options].find((each) => beginsLike(each.textContent, name));
  if (!option) return `No persona is called “${name}”.`;
  select.value = option.value;
  select.dispatchEvent(new Event("change"));
  return "";
}

/** The button of the last reply or message, if it is there to be pressed. */
function lastVisible(action, kind = ".turn") {
  const last = [...document.querySelectorAll(`#entries ${kind}:not([data-state=pending])`)].at(-1);
  const button = last?.querySelector(`[data-action=${action}]`);
  return button?.checkVisibility() ? button : null;
}

function press(action) {
  document.querySelector(`[data-action=${action}]`).click();
}
