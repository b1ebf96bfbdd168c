"""Manners of speaking: which lines a tone chooses from."""

import re
from dataclasses import dataclass, fields

from providers.fallback_voice.texts import read_texts

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """The lines of one manner; those for an intent carry the intent's name.

    `honest` says that no model can be reached, `still` says so again; `ask_…` turn the talk back.
    """

    honest: Lines
    still: Lines
    greeting: Lines
    thanks: Lines
    goodbye: Lines
    how_are_you: Lines
    question: Lines
    request: Lines
    remark: Lines
    sad: Lines
    glad: Lines
    ask_question: Lines
    ask_request: Lines
    ask_remark: Lines


_NAMES = ("warm", "dry", "lively", "precise", "calm", "lyrical", "playful", "blunt", "plain")
_TEXTS = {name: read_texts(name) for name in _NAMES}
_MANNERS = {
    name: Manner(**{field.name: tuple(texts[field.name]) for field in fields(Manner)})
    for name, texts in _TEXTS.items()
}
_CUES = {cue: name for name, texts in _TEXTS.items() for cue in texts["cues"].split()}


def manner_of(tone: str) -> Manner:
    """The manner most words of the tone point to, the first of equals; plain without any."""
    named = [_CUES[word] for word in re.findall(r"[a-z][a-z-]*", tone.lower()) if word in _CUES]
    return _MANNERS[max(named, key=named.count, default="plain")]


SHARED: dict[str, Lines] = {name: tuple(lines) for name, lines in read_texts("shared").items()}
FOREIGN: dict[str, Lines] = {name: tuple(lines) for name, lines in read_texts("languages").items()}
