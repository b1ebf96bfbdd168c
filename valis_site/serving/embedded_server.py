"""The web server with the background threads, on one event loop."""

import asyncio
from typing import Any

from valis_site.serving.background import Background
from valis_site.serving.web_server import WebServer


class EmbeddedServer(WebServer):
    """Before it goes down, calls are ended and saved while the sockets can still tell people."""

    # Whoever waits for a reply hears at once that it was interrupted.
    patience = 0.3

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._background = Background()

    def run(self) -> None:
        self._background.start()
        super().run()

    async def before_goodbyes(self) -> None:
        await asyncio.to_thread(self._background.stop)
