"""Which of the replies in `lines.yaml` goes with a message. The same chat always gets the same."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.yaml_files import read_yaml
from providers.calls import CallRequest, Utterance
from providers.fallback_voice import compose
from providers.fallback_voice.choosing import Choice
from providers.fallback_voice.patterns import DANGER
from providers.fallback_voice.speaking import refers_back
from providers.fallback_voice.subjects import question_subject
from providers.fallback_voice.words import capitalised, plain, sentence

_LINES = Path(__file__).parent / "lines.yaml"
_READ_AT_MOST = 2_000
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Topic:
    """Replies to messages with one of these words. `is_greeted`: a phrase of the persona goes before."""

    words: frozenset[str]
    replies: tuple[str, ...]
    is_greeted: bool = True


@cache
def topics() -> tuple[Topic, ...]:
    """As the file has them; the last one takes what no other wants."""
    read = read_yaml(_LINES)
    return tuple(
        Topic(frozenset(each.get("words", "").split()), tuple(each["replies"]), each.get("is_greeted", True))
        for each in read
    )


def improvise(request: CallRequest) -> str:
    """Markdown, never empty, in the voice of the request; it says so where somebody asks what is speaking."""
    asked = _last_asked(request.messages)
    if DANGER.search(plain(asked)):
        return compose(request)
    topic = _topic_of(asked)
    choice = Choice.for_chat(request.messages, request.voice.slug)
    it = question_subject(plain(asked)) if plain(asked) else "…"
    name = plain(request.voice.name)
    reply = choice.pick(topic.replies, "reply", it=it, It=capitalised(it), name=name).strip()
    phrases = [said for each in request.voice.common_phrases if _can_open(said := sentence(each))]
    opening = choice.pick([_braced(each) for each in phrases], "opening") if topic.is_greeted else ""
    return f"{opening}\n\n{reply}" if opening else reply


def _can_open(phrase: str) -> bool:
    """Whether it goes before an answer to anything: it neither asks nor answers something itself."""
    return not phrase.endswith("?") and not refers_back(phrase)


def _last_asked(messages: tuple[Utterance, ...]) -> str:
    asked = [each.text for each in messages if each.role == "user"]
    return asked[-1][:_READ_AT_MOST] if asked else ""


def _topic_of(text: str) -> Topic:
    """The one with the most words of the text; of several, the first in the file."""
    words = {each.lower() for each in _WORD.findall(plain(text))}
    *known, rest = topics()
    best = max(known, key=lambda topic: len(topic.words & words))
    return best if best.words & words else rest


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
