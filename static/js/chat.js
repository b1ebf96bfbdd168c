/** The chat page: connects what is seen with what is heard. */

import { Announcer } from "./announcer.js";
import { Commands } from "./commands.js";
import { Completion } from "./completion.js";
import { Composer } from "./composer.js";
import { ConnectionBadge } from "./connection.js";
import { Conversation, ENDS } from "./conversation.js";
import { Delivery } from "./delivery.js";
import { Draft } from "./drafts.js";
import { followHistory } from "./earlier.js";
import { followExcerpts } from "./excerpts.js";
import { openInDialog } from "./fragments.js";
import { Gauge } from "./gauge.js";
import { newClientId } from "./outbox.js";
import { followOpening } from "./opening.js";
import { followPersonaChoice } from "./personas.js";
import { stickToEnd } from "./scrolling.js";
import { keepTimesFresh } from "./times.js";

const SIGNED_OUT = "Your login has ended. What you wrote is kept in this tab.";
const ENDINGS = {
  4401: SIGNED_OUT,
  4403: "You are no longer allowed to take part in this chat.",
  4404: "This chat does not exist any more. Start a new one.",
  4429: "That was a lot at once. Wait a minute, then load this page again.",
};

const byId = (id) => document.getElementById(id);
const page = byId("chat").dataset;
const form = byId("composer");
const badge = new ConnectionBadge(byId("connection"));
const scrollToEnd = stickToEnd(byId("conversation"), byId("jump"));
const gauge = new Gauge(byId("gauge"));
const announcer = new Announcer(byId("announcer"));
const conversation = new Conversation(byId("entries"), {
  announcer,
  onChange: () => {
    composer.isAnswering = isAnswering();
  },
});
const isAnswering = () => conversation.runningTurns.length > 0;
const stopAll = () => conversation.runningTurns.forEach((turn) => delivery.stop(Number(turn.id)));
const draft = new Draft(page.author, page.session, { onGone: (text) => composer.forget(text) });
const commands = new Commands(form, { home: page.home, stop: stopAll, isAnswering });
new Completion(form.elements.text, byId("completions"), byId("completions-count"), {
  find: (text) => commands.completionsOf(text),
  onWhole: () => form.requestSubmit(),
});
const composer = new Composer(form, {
  draft,
  run: (text) => commands.run(text),
  onSend: send,
  onStop: stopAll,
});
const delivery = new Delivery(page.session, {
  event: hear,
  state: showState,
  entered: enterSession,
  problem: (error) => complain(error.status, error.message),
  refused: (item, message) => {
    conversation.dropPending(item.client_id);
    composer.giveBack(item.text, message);
  },
});

function send(text) {
  const { persona, greeting } = composer;
  const item = { client_id: newClientId(), text, persona, greeting };
  conversation.showPending(item, page.author);
  scrollToEnd();
  delivery.send(item);
}

function hear(event) {
  if (event.type === "snapshot") showSnapshot(event);
  else if (event.type === "accepted") showAccepted(event);
  else if (event.type === "session.changed") showSession(event.session);
  else if (event.type === "message") conversation.showMessage(event.message);
  else if (event.type.startsWith("turn.")) showTurnEvent(event);
}

function showSnapshot({ session, greeting, messages, turns }) {
  if (session.title) showTitle(session.title);
  if (greeting) conversation.showGreeting(greeting);
  for (const message of messages) conversation.showMessage(message);
  for (const turn of turns) conversation.showTurn(turn);
}

function showSession({ title }) {
  if (title) showTitle(title);
  listChanged();
}

function showAccepted({ client_id: clientId, message, turn }) {
  conversation.showMessage(message, clientId);
  conversation.showTurn(turn);
}

function showTurnEvent(event) {
  if (!conversation.apply(event)) delivery.askForSnapshot();
  if (event.type !== "turn.delta" && event.type !== "turn.block") listChanged();
  if (event.type in ENDS) gauge.refresh();
}

/** The list of chats is drawn by the server; htmx fetches it when it hears this. */
function listChanged() {
  document.body.dispatchEvent(new CustomEvent("sessions-changed"));
}

function showTitle(title) {
  byId("subject").textContent = title;
  byId("subject").className = "subject";
  document.title = `${title} · VALIS`;
}

function enterSession(session) {
  const address = new URL(`${page.home}${session}/${location.search}`, location);
  history.replaceState(null, "", address);
  composer.session = session;
  draft.moveTo(session);
  gauge.enter(address.pathname);
  listChanged();
}

function showState({ state, retryAt, code }) {
  badge.show({ waiting: "disconnected", ended: "disconnected" }[state] ?? state, retryAt);
  if (state === "ended") complain(code, ENDINGS[code]);
}

function complain(code, message) {
  const next = encodeURIComponent(location.pathname);
  const isSignedOut = code === 401 || code === 4401;
  if (!isSignedOut) composer.complain(message);
  else composer.complain(SIGNED_OUT, { text: "Log in again", href: `${page.login}?next=${next}` });
}

/** The fragment does not know which page it is shown on. */
function markCurrentSession() {
  for (const link of document.querySelectorAll("#sessions a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

byId("entries").addEventListener("click", (event) => {
  const action = event.target.closest("[data-action]")?.dataset.action;
  const turn = Number(event.target.closest(".turn")?.dataset.id);
  if (action === "stop" || action === "take-back") delivery.stop(turn);
  if (action === "answer-properly") delivery.answerProperly(turn);
  if (action === "run-again") delivery.runAgain(turn);
});
document.body.addEventListener("htmx:afterSwap", markCurrentSession);

keepTimesFresh();
followPersonaChoice(form);
followOpening(form, { write: (text) => composer.append(text) });
followExcerpts(byId("entries"), {
  quote: (text) => composer.append(text),
  say: (text) => announcer.say(text),
});
followHistory(byId("conversation"), byId("entries"), (part, place) =>
  conversation.showEarlier(part, place),
);
openInDialog(byId("story"), "story");
openInDialog(byId("usage"), "usage");
composer.isAnswering = isAnswering();
for (const item of delivery.unsent) conversation.showPending(item, page.author);
delivery.start();
gauge.refresh();
if (!page.session && matchMedia("(pointer: fine)").matches) form.elements.text.focus();
