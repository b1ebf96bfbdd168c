"""Choosing among lines: always the same for the same chat, never the same twice in a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from providers.calls import Utterance
from providers.fallback_voice.words import plain

_REMEMBERED = 3
_READ_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Choice:
    """`turn` counts what the person said; `said` is what the last replies said."""

    seed: str
    turn: int
    said: str
    replied: bool

    @classmethod
    def for_chat(cls, messages: Sequence[Utterance], slug: str) -> "Choice":
        asked = [utterance.text for utterance in messages if utterance.role == "user"]
        replies = [utterance.text for utterance in messages if utterance.role == "assistant"]
        last = (asked[-1] if asked else "").encode("utf-8", "replace")
        return cls(
            seed=f"{slug}\n{blake2b(last, digest_size=8).hexdigest()}",
            turn=len(asked),
            said=plain(" ".join(reply[:_READ_AT_MOST] for reply in replies[-_REMEMBERED:])),
            replied=bool(replies),
        )

    def pick(self, lines: Sequence[str], what: str, **values: str) -> str:
        """A line with its values, one not said lately if there is any; empty without lines."""
        if not lines:
            return ""
        start = self._start(f"{self.seed}\n{what}", len(lines))
        filled = [line.format(**values) for line in (*lines[start:], *lines[:start])]
        return next((line for line in filled if plain(line) not in self.said), filled[0])

    def pick_in_turn(self, lines: Sequence[str], what: str) -> str:
        """As `pick`, but whatever was asked, the next turn gets another line."""
        start = self._start(what, len(lines))
        ordered = (*lines[start:], *lines[:start])
        return next((line for line in ordered if plain(line) not in self.said), ordered[0])

    def _start(self, key: str, among: int) -> int:
        digest = blake2b(key.encode("utf-8", "replace"), digest_size=4).digest()
        return (int.from_bytes(digest, "big") + self.turn) % among
