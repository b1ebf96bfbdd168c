"""One client's connection: requests in, one after the other; notices at once when it closes."""

import asyncio
from typing import cast

from tests.playing.control import answer_directly
from tests.playing.ledger import Outcome
from tests.playing.player import Player
from tests.playing.scripts import CLOSING, Ending
from tests.playing.stage import Stage
from tests.playing.wire import Request, RequestError, take_request, whole


class Connection(asyncio.Protocol):
    """A protocol and not a reader with a task: the end of the stream is a callback, not a wait."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._buffer = bytearray()
        self._player: Player | None = None
        self._is_last_request = False

    @property
    def is_in_call(self) -> bool:
        return self._player is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._stage.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._answer_next()

    def eof_received(self) -> None:
        self._leave(Outcome.CLOSED_BY_CLIENT)

    def connection_lost(self, error: Exception | None) -> None:
        self._leave(Outcome.CLOSED_BY_CLIENT)
        self._stage.connections.discard(self)

    def pause_writing(self) -> None:
        if self._player is not None:
            self._player.pause()

    def resume_writing(self) -> None:
        if self._player is not None:
            self._player.resume()

    def stop(self) -> None:
        """The server goes away."""
        self._leave(Outcome.SERVER_STOPPED)

    def _leave(self, outcome: Outcome) -> None:
        if self._player is not None:
            self._player.abandon(outcome)
            self._player = None
        self._transport.abort()

    def _answer_next(self) -> None:
        if self._player is not None or self._transport.is_closing():
            return
        try:
            request = take_request(self._buffer)
            if request is not None:
                self._answer(request)
        except RequestError as refusal:
            self._transport.write(whole(refusal.status, str(refusal).encode(), kind="text/plain"))
            self._transport.close()

    def _answer(self, request: Request) -> None:
        self._is_last_request = request.is_last
        answer = answer_directly(self._stage, request)
        if answer is not None:
            self._transport.write(answer)
            self._go_on(Ending.COMPLETE)
            return
        call, performance = self._stage.answer(request)
        self._player = Player(
            call,
            performance,
            transport=self._transport,
            wheel=self._stage.wheel,
            on_end=self._go_on,
        )
        self._player.play()

    def _go_on(self, ending: Ending) -> None:
        self._player = None
        if self._is_last_request or ending in CLOSING:
            self._transport.close()
        elif self._buffer:
            asyncio.get_running_loop().call_soon(self._answer_next)
