"""Daphne, with an end that people hardly notice."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

from daphne import server
from daphne.server import Server, twisted_loop
from django.conf import settings
from twisted.internet.defer import Deferred

from core.loop import use_loop
from valis_site.serving.bounded_requests import BoundedFactory
from valis_site.serving.ending import end_the_process

server.HTTPFactory = BoundedFactory  # it takes none as an argument

RESTARTING = 1012
LONGEST_REQUEST = 600
"""Seconds until a request that was never answered is ended. The engine's own limits are shorter."""
_MOMENT = 0.02
_GOODBYE_SECONDS = 0.5


class WebServer(Server):  # type: ignore[misc]
    """Ends in order: no new connections, sockets are asked to come back, requests are answered."""

    def __init__(self, *, host: str, port: int, application: Any, **options: Any) -> None:
        address = host.replace(":", "\\:")
        super().__init__(
            application=application,
            endpoints=[f"tcp:port={port}:interface={address}"],
            server_name="VALIS",
            http_timeout=LONGEST_REQUEST,
            **options,
        )
        use_loop(twisted_loop)

    @property
    def patience(self) -> float:
        """Seconds that requests which are being answered get at the end."""
        return float(settings.VALIS_DRAIN_SECONDS)

    def kill_all_applications(self) -> "Deferred[Any]":
        end_the_process_after(self.patience + 5)
        return Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        await self.before_goodbyes()
        await self._close_sockets()
        if at_work := list(self._at_work()):
            _, left = await asyncio.wait(at_work, timeout=self.patience)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def before_goodbyes(self) -> None:
        """What has to end while the sockets can still tell people."""

    def _at_work(self) -> Iterator["asyncio.Future[None]"]:
        """What still answers somebody who is there; the answer of a finished one may be on its way."""
        for protocol, details in self.connections.items():
            instance = details.get("application_instance")
            if instance and not instance.done() and not hasattr(protocol, "sendCloseFrame"):
                yield instance

    async def _close_sockets(self) -> None:
        """Ask everybody to come back, and wait until they know: the reactor's end drops what is buffered."""
        await asyncio.sleep(_MOMENT)  # the last events are still on their way through this loop
        sockets = [each for each in self.connections if hasattr(each, "sendCloseFrame")]
        goodbyes = []
        for socket in sockets:
            if socket.state == socket.STATE_OPEN:
                socket.sendCloseFrame(code=RESTARTING, isReply=False)
                goodbyes.append(socket.is_closed.asFuture(twisted_loop))
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=_GOODBYE_SECONDS)


def end_the_process_after(seconds: float) -> None:
    """The last resort. What was not saved by then is found by its lease."""
    timer = threading.Timer(seconds, end_the_process, args=(1,))
    timer.daemon = True
    timer.start()
