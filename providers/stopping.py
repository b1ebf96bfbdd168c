"""Stopping a call from outside: by a person, or because the server goes down."""

import threading
from collections.abc import Callable

from providers.story import Step


class CallStopped(Exception):
    """The signal was set. `reason` is what it was set with; `steps` is the story so far."""

    def __init__(self, reason: str, steps: tuple[Step, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps = steps


class StopSignal:
    """Set once, from any thread; whoever waits wakes up, and the running call is cancelled."""

    def __init__(self) -> None:
        self.reason = ""
        self._event = threading.Event()
        self._guard = threading.Lock()
        self._cancel: Callable[[], object] | None = None

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self, reason: str) -> None:
        with self._guard:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            cancel = self._cancel
        if cancel:
            cancel()

    def cancels(self, cancel: Callable[[], object] | None) -> None:
        """What to call when the signal is set; at once if it is already."""
        with self._guard:
            self._cancel = cancel
            is_late = self._event.is_set()
        if is_late and cancel:
            cancel()

    def wait(self, seconds: float) -> bool:
        """True as soon as the signal is set, False after `seconds` without."""
        return self._event.wait(seconds)
