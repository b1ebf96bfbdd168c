"""What the demo tells, as its YAML files have it."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.yaml_files import read_yaml

_FOLDER = Path(__file__).parent


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Remembered(_Told):
    kind: Literal["fact", "relationship", "opinion", "interest"]
    text: str
    importance: int = 5


class Exchange(_Told):
    """A question and what became of it (`stories.STORIES`); `before` is a text that was replaced."""

    ask: str
    reply: str = ""
    how: Literal["answered", "failover", "passed_by", "fallback", "stopped", "replaced"] = "answered"
    before: str = ""
    persona: str = ""
    remembered: Remembered | None = None
    """What the persona knows from then on."""


class Chat(_Told):
    """A chat that began so many hours ago."""

    persona: str
    hours_ago: float
    said: tuple[Exchange, ...]
    by: str = "demo"
    is_pinned: bool = False
    is_archived: bool = False

    @cached_property
    def title(self) -> str:
        return self.said[0].ask


def chats() -> list[Chat]:
    """The oldest first."""
    read = [Chat.model_validate(each) for file in sorted(_FOLDER.glob("chats/*.yaml")) for each in told(file)]
    return sorted(read, key=lambda chat: -chat.hours_ago)


def told(file: Path | str) -> Any:
    return read_yaml(_FOLDER / file)
