"""The turns that this process works on, so that they can be stopped."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from chat.announcing import CONTROL
from core import live
from core.loop import run_on_loop
from providers.stopping import StopSignal

STOPPED_BY_PERSON = "stopped"
SERVER_STOPPED = "server_stopped"
GAVE_WAY = "gave_way"


class RunningTurns:
    def __init__(self) -> None:
        self._guard = threading.Lock()
        # By signal, not by turn: a late worker of a turn may still run beside its present one.
        self._turns: dict[StopSignal, int | None] = {}
        self._give_way: set[StopSignal] = set()
        self._is_closing = False
        self._listener: Future[None] | None = None

    @contextmanager
    def running(self, turn_id: int | None) -> Iterator[StopSignal]:
        """Register a turn, or other work, while it runs; the signal is set already when the server is
        going down."""
        signal = StopSignal()
        with self._guard:
            self._turns[signal] = turn_id
            is_closing = self._is_closing
            in_the_way = list(self._give_way) if turn_id is not None else ()
            if self._listener is None or self._listener.done():
                self._listener = run_on_loop(self._listen())
        for each in in_the_way:
            each.set(GAVE_WAY)
        if is_closing:
            signal.set(SERVER_STOPPED)
        try:
            yield signal
        finally:
            with self._guard:
                del self._turns[signal]
                self._give_way.discard(signal)

    def give_way(self, signal: StopSignal) -> None:
        """From here on other work, which is stopped as soon as this process begins a turn."""
        with self._guard:
            self._give_way.add(signal)

    def stop(self, turn_id: int) -> None:
        with self._guard:
            signals = [signal for signal, running_id in self._turns.items() if running_id == turn_id]
        for signal in signals:
            signal.set(STOPPED_BY_PERSON)

    def close(self) -> None:
        """Stop everything that runs, and whatever is still begun."""
        with self._guard:
            self._is_closing = True
            signals = list(self._turns)
            if self._listener:
                self._listener.cancel()
        for signal in signals:
            signal.set(SERVER_STOPPED)

    @property
    def is_closing(self) -> bool:
        return self._is_closing

    def count(self) -> int:
        with self._guard:
            return len(self._turns)

    async def _listen(self) -> None:
        """Hear who wants a turn stopped. The flag in its row is the backstop for what is missed."""
        subscription = await live.subscribe(CONTROL)
        while True:
            try:
                entries = await subscription.next_entries()
            except live.Missed:
                subscription.close()
                subscription = await live.subscribe(CONTROL)
                continue
            for entry in entries:
                event = json.loads(entry.frame)
                if event.get("type") == "stop":
                    self.stop(event["turn"])


running_turns = RunningTurns()
