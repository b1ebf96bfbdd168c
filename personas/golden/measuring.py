"""What can be counted in one reply. Pure: the same text gives the same numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from personas.golden.dialogues import GoldenDialogue
from personas.golden.refusals import looks_like_a_refusal
from personas.golden.words import plain, says, says_about, words_in

_SENTENCE_END = re.compile(r"([.!?…。！？]+)[\"'”’»)\]]*(?:\s|$)|\n+")
_LIST_LINE = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s+\S")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]")
_FIRST = {"i", "i'm", "i'd", "i've", "i'll", "me", "my", "mine", "myself"}
_FIRST |= {"ich", "mir", "mich", "mein", "meine", "meinen", "meiner"}
_SECOND = {"you", "you're", "you'd", "you've", "you'll", "your", "yours", "yourself"}
_SECOND |= {"du", "dir", "dich", "dein", "deine", "deinen", "deiner", "ihnen"}


@dataclass(frozen=True, slots=True)
class Style:
    """Features of how something is said, whatever it says."""

    sentence_words: float = 0.0
    """Words in a sentence, on average."""
    questions: float = 0.0
    """The part of the sentences that ask, 0 to 1."""
    exclamations: float = 0.0
    """The part of the sentences that end in an exclamation mark, 0 to 1."""
    lists: float = 0.0
    """The part of the lines that are items of a list, 0 to 1."""
    emoji: float = 0.0
    """To a hundred words."""
    first_person: float = 0.0
    """The part of the words that are “I”, “my” and so on, 0 to 1."""
    second_person: float = 0.0
    """The part of the words that are “you”, “your” and so on, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What one reply shows of the voice."""

    words: int
    phrases: tuple[str, ...]
    """Those of the persona's common phrases that it uses, or nearly."""
    markers: tuple[str, ...]
    """Those of the dialogue's markers that it shows."""
    avoided: tuple[str, ...]
    """What it says although this voice never does."""
    declines: bool
    """It looks like a refusal, or speaks as a language model."""
    style: Style


def measure(text: str, *, dialogue: GoldenDialogue, phrases: Sequence[str]) -> Measures:
    """Of any text; only its first 20,000 characters are looked at."""
    return _measured(text, dialogue, tuple(phrases))


@lru_cache(maxsize=1024)
def _measured(text: str, dialogue: GoldenDialogue, phrases: tuple[str, ...]) -> Measures:
    """Kept: a page shows the golden replies beside those of every speaker, and again with each run."""
    text = plain(text)
    words = words_in(text)
    return Measures(
        words=len(words),
        phrases=tuple(each for each in phrases if says_about(words, each)),
        markers=tuple(each for each in dialogue.markers if says(words, text, each)),
        avoided=tuple(each for each in dialogue.avoids if says(words, text, each)),
        declines=looks_like_a_refusal(text),
        style=style_of(text, words),
    )


def style_of(text: str, words: Sequence[str]) -> Style:
    if not words:
        return Style(emoji=min(100.0, 100.0 * len(_EMOJI.findall(text))))
    ends = [match.group(1) or "" for match in _SENTENCE_END.finditer(f"{text.strip()}\n")]
    sentences = max(1, len([end for end in ends if end]) or len(ends))
    lines = [line for line in text.splitlines() if line.strip()]
    return Style(
        sentence_words=len(words) / sentences,
        questions=sum("?" in end or "？" in end for end in ends) / sentences,
        exclamations=sum("!" in end or "！" in end for end in ends) / sentences,
        lists=sum(bool(_LIST_LINE.match(line)) for line in lines) / len(lines),
        emoji=min(100.0, 100.0 * len(_EMOJI.findall(text)) / len(words)),
        first_person=sum(word in _FIRST for word in words) / len(words),
        second_person=sum(word in _SECOND for word in words) / len(words),
    )
