"""What a page may never do: log an error, break its content security policy, ask another server."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Watch:
    """Follows browser windows. `expect` names an error that belongs to a test."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._complaints: list[str] = []
        # Firefox says this of every page that is left before its socket is open.
        self._expected = ["was interrupted while the page was loading"]

    @property
    def problems(self) -> list[str]:
        return [
            complaint
            for complaint in self._complaints
            if not any(re.search(each, complaint) for each in self._expected)
        ]

    def expect(self, pattern: str) -> None:
        self._expected.append(pattern)

    def expect_a_server_that_is_away(self) -> None:
        self.expect(r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection")
        self.expect("can’t establish a connection|NetworkError|was interrupted")  # the same in Firefox
        self.expect(r"htmx:(sendError|afterRequest)")

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._complaints.append(f"script: {error.error}"))
        context.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} ({message.location.get('url')})")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != self._host:
            self._complaints.append(f"asked another server: {request.url}")
