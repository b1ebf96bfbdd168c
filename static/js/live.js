/** The live page: hears what happens over the socket, and otherwise asks every few seconds. */

import { ActivityList } from "./activity.js";
import { readActivity } from "./api.js";
import { ConnectionBadge } from "./connection.js";
import { LiveSocket } from "./socket.js";
import { keepTimesFresh } from "./times.js";

const ASK_FOR_EVENTS_EVERY = 10_000;
const ASK_FOR_TILES_EVERY = 15_000;
const TILE_PAUSE = 1_000;
const ENDINGS = {
  4401: "Your login has ended. Log in again to go on watching.",
  4403: "You may not see diagnostics any more.",
  4429: "That was a lot at once. Wait a minute, then load this page again.",
};

const page = document.getElementById("live");
const badge = new ConnectionBadge(document.getElementById("connection"));
const activity = new ActivityList(document.getElementById("activity-list"));
const stale = new Set();
let isAsking = false;
let askedAt = -TILE_PAUSE;
let timer = 0;
let poll = 0;

const tiles = () => [...page.querySelectorAll("[data-tile]")];

function refresh(chosen) {
  for (const tile of chosen) stale.add(tile.dataset.tile);
  if (stale.size && !isAsking) timer ||= setTimeout(ask, Math.max(0, askedAt + TILE_PAUSE - performance.now()));
}

/** One request for all that is stale, at most one at a time and one a second. */
async function ask() {
  timer = 0;
  isAsking = true;
  askedAt = performance.now();
  const names = new URLSearchParams([...stale].map((name) => ["name", name]));
  stale.clear();
  try {
    await globalThis.htmx.ajax("GET", `${page.dataset.tiles}?${names}`, { source: page, swap: "none" });
  } finally {
    isAsking = false;
    refresh([]);
  }
}

function take(events) {
  const fresh = activity.add(events);
  const isHeard = (tile) =>
    fresh.some(({ kind }) => tile.dataset.hears.split(" ").some((start) => start && kind.startsWith(start)));
  refresh(tiles().filter(isHeard));
}

async function pollEvents() {
  try {
    let answer;
    do {
      answer = await readActivity(activity.last);
      take(answer.events);
    } while (answer.has_more);
    if (poll) badge.show("polling");
  } catch (error) {
    if (!error.isPassing) stop(error.message);
  }
}

function stop(message) {
  clearInterval(poll);
  poll = 0;
  const problem = document.getElementById("live-problem");
  problem.textContent = message;
  problem.hidden = false;
}

function changed({ state, retryAt, code }) {
  badge.show({ waiting: "disconnected", ended: "disconnected" }[state] ?? state, retryAt);
  if (state === "connected") {
    clearInterval(poll);
    poll = 0;
    refresh(tiles());
  }
  if (state === "waiting") poll ||= setInterval(pollEvents, ASK_FOR_EVENTS_EVERY);
  if (state === "ended") stop(ENDINGS[code] ?? "The connection was refused. Load this page again.");
}

keepTimesFresh();
setInterval(() => document.hidden || refresh(tiles()), ASK_FOR_TILES_EVERY);
new LiveSocket("/ws/activity", {
  after: String(activity.last),
  onEvent: (event) => event.type === "activity" && take(event.events),
  onState: changed,
});
