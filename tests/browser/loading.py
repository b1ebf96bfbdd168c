"""What it takes until a page is there, as its browser saw it."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

_READ = """async () => {
  const seen = (type) => new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => { resolve(list.getEntries()); });
    observer.observe({ type, buffered: true });
    setTimeout(() => resolve(observer.takeRecords()), 300);
  });
  const end = (entry) => entry.startTime + entry.duration;
  const [page] = performance.getEntriesByType("navigation");
  const parts = performance.getEntriesByType("resource")
    .filter((each) => each.responseEnd <= page.loadEventEnd);
  const code = parts.filter((each) => /\\.(js|css)$/.test(new URL(each.name).pathname));
  const size = (entries, field) => entries.reduce((sum, each) => sum + each[field], 0);
  const shifts = (await seen("layout-shift")).filter((each) => !each.hadRecentInput);
  const busy = (await seen("longtask")).map(end);
  return {
    html: page.decodedBodySize,
    code: size(code, "encodedBodySize"),
    code_unpacked: size(code, "decodedBodySize"),
    requests: 1 + parts.length,
    first_paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    largest_paint: Math.max(0, ...(await seen("largest-contentful-paint")).map((each) => each.startTime)),
    interactive: Math.max(page.domContentLoadedEventEnd, ...busy),
    shift: shifts.reduce((sum, each) => sum + each.value, 0),
  };
}"""


@dataclass(frozen=True, slots=True)
class Loading:
    """Bytes, and milliseconds since the page was asked for. `code` is scripts and styles as they are sent."""

    html: int
    code: int
    code_unpacked: int
    requests: int
    first_paint: float
    largest_paint: float
    interactive: float
    """When scripts have run and nothing keeps the page busy for more than 50 ms any more."""
    shift: float


def loading_of(page: Page) -> Loading:
    page.wait_for_load_state("load")
    return Loading(**page.evaluate(_READ))


def quickest(load: Callable[[], Loading], *, times: int = 5, within: float = 0) -> Loading:
    """The best of several, or the first that was interactive within so many milliseconds."""
    seen: list[Loading] = []
    while len(seen) < times and not (seen and seen[-1].interactive < within):
        seen.append(load())
    return min(seen, key=lambda each: each.interactive)
