"""What was said elsewhere as a tree: one reply is all that was said between two messages."""

from dataclasses import dataclass, field

from chat.moving.reading import MOST_BYTES, Chat, Said
from core.errors import TooLarge

_LONGEST_REPLY = 500_000
_MOST_TEXT = 4 * MOST_BYTES
"""Of all replies. Those that begin alike hold their beginning each for itself."""


@dataclass(slots=True, eq=False)
class Asked:
    """A message. `parent` is the reply that it goes on from."""

    said: Said
    position: int
    parent: "Reply | None"
    replies: list["Reply"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Reply:
    """`said` is None where nobody replied: nothing goes on but from a reply.

    `begins_with` is what was said before it to the same question.
    """

    question: Asked
    position: int
    said: Said | None = None
    begins_with: "Reply | None" = None
    is_gone_on_with: bool = False
    is_end: bool = False
    length: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it is not just what a longer one begins with."""
        return self.is_end or not self.is_gone_on_with

    @property
    def text(self) -> str:
        parts: list[str] = []
        each: Reply | None = self
        while each and each.said:
            before = each.begins_with
            is_other = before is not None and before.said is not None and before.said.who != each.said.who
            name = f"**{each.said.who}:** " if is_other and each.said.who else ""
            parts.append(name + each.said.text.strip())
            each = before
        return "\n\n".join(reversed(parts))


class Tree:
    """Grown in the order of the file, so that positions rise downwards."""

    def __init__(self, chat: Chat) -> None:
        self.messages: list[Asked] = []
        self.used = 0
        """How many texts of the file have their place in it."""
        self._last = 0
        self._at: dict[int | None, Asked | Reply | None] = {None: None}
        for said in chat.said:
            self._at[said.number] = self._grown(said, self._at[said.after])
        for message in self.messages:
            if not message.replies:
                self._reply(message)
        self.shown = self._end(self._at.get(chat.shown))
        self.replies = [reply for each in self.messages for reply in each.replies if reply.is_whole]
        if sum(reply.length for reply in self.replies) > _MOST_TEXT:
            raise TooLarge("Too many long replies follow each other.", code="import_too_large")

    @property
    def next_position(self) -> int:
        return self._last + 1

    def _grown(self, said: Said, before: Asked | Reply | None) -> Asked | Reply | None:
        text = said.text.strip()
        if not text or (said.role == "assistant" and before is None):
            return before
        self.used += 1
        if said.role == "user":
            self.messages.append(Asked(said, self._position(), self._end(before)))
            return self.messages[-1]
        if isinstance(before, Asked):
            return self._reply(before, said)
        assert before is not None
        before.is_gone_on_with = True
        return self._reply(before.question, said, before)

    def _end(self, at: Asked | Reply | None) -> Reply | None:
        """The reply from which it goes on here, which makes it a whole one."""
        if isinstance(at, Asked):
            return at.replies[-1] if at.replies else self._reply(at)
        if at:
            at.is_end = True
        return at

    def _reply(self, question: Asked, said: Said | None = None, before: Reply | None = None) -> Reply:
        length = (before.length if before else 0) + (len(said.text) if said else 0)
        if length > _LONGEST_REPLY:
            raise TooLarge("Too many replies follow each other.", code="import_too_large")
        question.replies.append(Reply(question, self._position(), said, before, length=length))
        return question.replies[-1]

    def _position(self) -> int:
        self._last += 1
        return self._last
