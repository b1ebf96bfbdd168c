/** Turns <time data-time> into the reader's own clock time or "3 minutes ago". */

const MINUTE = 60_000;
const UNITS = [
  ["year", 525_600 * MINUTE],
  ["month", 43_800 * MINUTE],
  ["week", 10_080 * MINUTE],
  ["day", 1_440 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const exact = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

function ago(date) {
  const elapsed = date - Date.now();
  for (const [unit, length] of UNITS) {
    if (Math.abs(elapsed) >= length) return relative.format(Math.trunc(elapsed / length), unit);
  }
  return "just now";
}

function timeOfDay(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? clock : dayAndClock).format(date);
}

function write(element) {
  const date = new Date(element.dateTime);
  if (Number.isNaN(date.getTime())) return;
  const forms = { relative: ago, seconds: (moment) => exact.format(moment) };
  const text = (forms[element.dataset.time] ?? timeOfDay)(date);
  if (element.textContent !== text) element.textContent = text;
  element.title = full.format(date);
}

export function writeTime(element, iso) {
  element.dateTime = iso;
  write(element);
}

export function refreshTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-time]")) write(element);
}

export function keepTimesFresh() {
  refreshTimes();
  setInterval(() => refreshTimes(), MINUTE / 2);
  document.body.addEventListener("htmx:afterSwap", () => refreshTimes());
}
