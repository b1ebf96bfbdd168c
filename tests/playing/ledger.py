"""What the provider itself saw: every call, who made it, what was sent, and how it ended."""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEPT_CALLS = 50_000
"""The oldest are forgotten first; `Ledger.total` goes on counting."""


class Outcome(StrEnum):
    """How a call ended, as the provider sees it."""

    OPEN = "open"  # not ended yet
    COMPLETED = "completed"  # all of a sound reply was sent, with its terminal event
    REFUSED = "refused"  # answered with an error status
    BROKEN = "broken"  # the script made the reply unusable or ended it too early
    CLOSED_BY_CLIENT = "closed_by_client"  # the client left before the script's end
    SERVER_STOPPED = "server_stopped"  # this server went away


def plain_text(content: object) -> str:
    """The text of a `content` field: a string, or a list of blocks or parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


@dataclass(slots=True, eq=False)
class Call:
    """One request for a reply. Times are seconds since the epoch."""

    id: int
    form: str
    model: str
    script: str
    api_key: str
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    nth: int = 1
    """Which call of this model with this script it is, from 1: what `flaky:2` counts."""
    started: float = field(default_factory=time.time)
    first_byte: float | None = None
    first_token: float | None = None
    ended: float | None = None
    outcome: Outcome = Outcome.OPEN
    status: int | None = None
    said: list[str] = field(default_factory=list)
    """The tokens sent so far."""

    @property
    def text(self) -> str:
        """What was sent so far, as the reply's text."""
        return "".join(self.said)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The request's messages as role and plain text, system messages included."""
        sent = self.body.get("messages")
        return [
            {"role": str(message.get("role")), "text": plain_text(message.get("content"))}
            for message in (sent if isinstance(sent, list) else [])
            if isinstance(message, dict)
        ]

    @property
    def system(self) -> str:
        """The system prompt, wherever the form puts it."""
        spoken = [m["text"] for m in self.messages if m["role"] in {"system", "developer"}]
        return "\n".join(filter(None, [plain_text(self.body.get("system")), *spoken]))

    @property
    def last_user_text(self) -> str:
        return next((m["text"] for m in reversed(self.messages) if m["role"] == "user"), "")

    @property
    def is_streaming(self) -> bool:
        return self.body.get("stream") is True

    @property
    def max_tokens(self) -> int:
        limit = self.body.get("max_completion_tokens") or self.body.get("max_tokens")
        return limit if isinstance(limit, int) else sys.maxsize

    @property
    def tokens_in(self) -> int:
        """Words of the request: what the usage in the reply says."""
        spoken = [m["text"] for m in self.messages]
        return sum(len(text.split()) for text in [plain_text(self.body.get("system")), *spoken])

    @property
    def tokens_out(self) -> int:
        return len(self.said)

    def end(self, outcome: Outcome) -> None:
        """Record the end; only the first one counts."""
        if self.outcome is Outcome.OPEN:
            self.ended = time.time()
            self.outcome = outcome

    def as_json(self) -> dict[str, Any]:
        names = ["id", "form", "model", "script", "api_key", "body", "nth", "started"]
        names += ["first_byte", "first_token", "ended", "outcome", "status", "text", "messages"]
        names += ["system", "is_streaming", "tokens_in", "tokens_out"]
        return {name: getattr(self, name) for name in names}


def max_overlap(calls: list[Call]) -> int:
    """The most of these calls that were open at one moment."""
    moments = [(call.started, 1) for call in calls]
    moments += [(call.ended, -1) for call in calls if call.ended is not None]
    most = now_open = 0
    for _, change in sorted(moments):
        now_open += change
        most = max(most, now_open)
    return most


class Ledger:
    """The calls in the order they came. Written by the server's loop, read from any thread."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._counts: Counter[tuple[str, str]] = Counter()
        self.total = 0

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def add(
        self,
        *,
        form: str,
        model: str,
        script: str,
        api_key: str,
        headers: Mapping[str, str],
        body: dict[str, Any],
    ) -> Call:
        self.total += 1
        self._counts[model, script] += 1
        nth = self._counts[model, script]
        call = Call(self.total, form, model, script, api_key, body, headers, nth)
        self._calls.append(call)
        return call

    def where(
        self,
        *,
        model: str | None = None,
        api_key: str | None = None,
        containing: str | None = None,
        outcome: str | None = None,
    ) -> list[Call]:
        """The calls that fit all that is given; `containing` looks into the messages' text."""
        return [
            call
            for call in self
            if (model is None or call.model == model)
            and (api_key is None or call.api_key == api_key)
            and (outcome is None or call.outcome == outcome)
            and (containing is None or any(containing in m["text"] for m in call.messages))
        ]

    def wait_until(self, is_so: Callable[["Ledger"], object], *, timeout: float = 60.0) -> None:
        """Block the calling thread until the ledger is so; TimeoutError after `timeout` s."""
        deadline = time.monotonic() + timeout
        while not is_so(self):
            if time.monotonic() > deadline:
                seen = [(call.model, call.outcome.value) for call in self]
                raise TimeoutError(f"not so after {timeout} s; the calls: {seen}")
            time.sleep(0.002)

    def clear(self) -> None:
        """Forget all calls and start counting them anew; open ones go on unrecorded."""
        self._calls.clear()
        self._counts.clear()
