/** The chat page: connects what is seen with what is heard. */

import { Announcer } from "./announcer.js";
import { showVersion } from "./api.js";
import { Commands } from "./commands.js";
import { Completion } from "./completion.js";
import { Composer } from "./composer.js";
import { ConnectionBadge } from "./connection.js";
import { Conversation, ENDS } from "./conversation.js";
import { Delivery } from "./delivery.js";
import { Draft } from "./drafts.js";
import { Editing } from "./editing.js";
import { followHistory } from "./earlier.js";
import { followExcerpts } from "./excerpts.js";
import { openInDialog } from "./fragments.js";
import { Gauge } from "./gauge.js";
import { newClientId } from "./outbox.js";
import { followOpening } from "./opening.js";
import { followPersonaChoice } from "./personas.js";
import { stickToEnd } from "./scrolling.js";
import { keepTimesFresh } from "./times.js";
import { followSpeakers, showWhatAddressNames, VersionChoice } from "./versions.js";

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
    if (editing.refuse(item.client_id, message)) return;
    conversation.dropPending(item.client_id);
    composer.giveBack(item.text, message);
  },
});

const editing = new Editing(byId("entries"), {
  send: (item) => delivery.send({ ...item, persona: composer.persona }),
});
const versions = new VersionChoice(byId("entries"), byId("compare"), {
  show: (version) => delivery.show(version),
  say: (text) => announcer.say(text),
});

function send(text) {
  const { persona, greeting } = composer;
  const item = { client_id: newClientId(), text, persona, greeting };
  conversation.showPending(item, page.author);
  scrollToEnd();
  delivery.send(item);
}

/** The button goes with what is sent: the reader is led to where the reply can be answered. */
function goOn(text) {
  send(text);
  form.elements.text.focus();
}

function hear(event) {
  if (event.type === "snapshot") showSnapshot(event);
  else if (event.type === "accepted") showAccepted(event);
  else if (event.type === "session.changed") showSession(event.session);
  else if (event.type === "message") showMessage(event.message);
  else if (event.type.startsWith("turn.")) showTurnEvent(event);
}

function showSnapshot({ session, greeting, messages, turns }) {
  if (session.title) showTitle(session.title);
  if (!messages.length) return;
  conversation.showPath({ messages, turns }, (position) => `${page.home}${composer.session}/before/${position}/`);
  if (greeting) conversation.showGreeting(greeting);
  watchHistory();
  gauge.refresh();
  versions.settle();
  const edit = editing.settle();
  if (edit.text) composer.append(edit.text);
  if (edit.isSent) form.elements.text.focus();
}

function showMessage(message, clientId) {
  if (!conversation.showMessage(message, clientId)) delivery.askForSnapshot();
}

function showSession({ title }) {
  if (title) showTitle(title);
  listChanged();
}

function showAccepted({ client_id: clientId, message, turn }) {
  showMessage(message, clientId);
  if (!conversation.showTurn(turn)) delivery.askForSnapshot();
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
  if (action === "regenerate") delivery.regenerate(turn);
  if (action === "go-on") goOn(event.target.closest("[data-action]").value);
});
document.body.addEventListener("htmx:afterSwap", markCurrentSession);

keepTimesFresh();
followPersonaChoice(form);
followOpening(form, { write: (text) => composer.append(text) });
for (const id of ["entries", "compare"]) {
  followExcerpts(byId(id), {
    quote: (text) => composer.append(text),
    say: (text) => announcer.say(text),
  });
}
const watchHistory = followHistory(byId("conversation"), byId("entries"), (part, place) =>
  conversation.showEarlier(part, place),
);
openInDialog(byId("story"), "story");
openInDialog(byId("usage"), "usage");
openInDialog(byId("compare"), "compare");
followSpeakers(byId("entries"), byId("speakers"), (turn, persona) => delivery.regenerate(turn, persona));
composer.isAnswering = isAnswering();
for (const item of delivery.unsent) if (!item.message) conversation.showPending(item, page.author);
delivery.start();
gauge.refresh();
showWhatAddressNames(showVersion).catch((error) => complain(error.status, error.message));
if (!page.session && matchMedia("(pointer: fine)").matches) form.elements.text.focus();
