"""How far the replies of one speaker are from the golden ones. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import log2
from statistics import fmean, median

from personas.golden.dialogues import GoldenDialogue
from personas.golden.measuring import Measures, Style, measure

Pair = tuple[Measures, Measures]
"""Of the golden reply, and of the one that is compared with it."""


_DRIFTS_FROM, _OFF_FROM = 0.3, 0.55
_WIDTHS = Style(
    sentence_words=10.0,
    questions=0.4,
    exclamations=0.4,
    lists=0.4,
    emoji=4.0,
    first_person=0.08,
    second_person=0.08,
)
"""A difference of this much in a feature counts as all of it."""
_MARKERS_WEIGHT = 0.6
_MARKERS_ENOUGH = 0.5
"""Two good replies share some markers, not all: this part of those in the golden replies is enough."""


class Word(StrEnum):
    CLOSE = "close"  # as the golden replies, or nearly
    DRIFTS = "drifts"  # one hears a difference
    OFF = "off"  # another voice

    @property
    def rank(self) -> int:
        return list(Word).index(self)


@dataclass(frozen=True, slots=True)
class Measure:
    amount: float
    """0: as the golden replies; 1: nothing in common."""
    word: Word
    figure: str
    """What was counted, for people: “2 of 5 replies, golden 4”."""


@dataclass(frozen=True, slots=True)
class Drift:
    phrases: Measure
    tone: Measure
    refusals: Measure
    length: Measure

    @property
    def overall(self) -> Word:
        """The worst of the four."""
        words = (self.phrases.word, self.tone.word, self.refusals.word, self.length.word)
        return max(words, key=lambda each: each.rank)


def drift(pairs: Sequence[tuple[GoldenDialogue, str]], *, phrases: Sequence[str]) -> Drift:
    """Over all dialogues that a speaker answered. Raises `ValueError` without any."""
    if not pairs:
        raise ValueError("There is no reply to measure.")
    measured = [
        (
            measure(dialogue.reply, dialogue=dialogue, phrases=phrases),
            measure(text, dialogue=dialogue, phrases=phrases),
        )
        for dialogue, text in pairs
    ]
    return Drift(
        phrases=_phrases(measured),
        tone=_tone(measured),
        refusals=_refusals(
            [(dialogue, reply) for (dialogue, _), (_, reply) in zip(pairs, measured, strict=True)]
        ),
        length=_length(measured),
    )


def _phrases(measured: Sequence[Pair]) -> Measure:
    """Too few count in full; too many, which sounds recited, by half."""
    golden = sum(bool(each.phrases) for each, _ in measured)
    count = sum(bool(each.phrases) for _, each in measured)
    amount = (golden - count) / golden if count < golden else (count - golden) / len(measured) / 2
    return _judged(amount, f"{count} of {len(measured)} replies, golden {golden}")


def _tone(measured: Sequence[Pair]) -> Measure:
    golden = sum(len(each.markers) for each, _ in measured)
    count = sum(len(each.markers) for _, each in measured)
    avoided = sum(bool(each.avoided) for _, each in measured)
    markers = 1 - min(1.0, count / (golden * _MARKERS_ENOUGH)) if golden else 0.0
    style = _distance(
        _mean([each.style for each, _ in measured]), _mean([each.style for _, each in measured])
    )
    weight = _MARKERS_WEIGHT if golden else 0.0
    amount = weight * markers + (1 - weight) * style + avoided / len(measured)
    figure = f"{count} of {golden} markers"
    return _judged(amount, f"{figure}, {avoided} with avoided words" if avoided else figure)


def _refusals(replies: Sequence[tuple[GoldenDialogue, Measures]]) -> Measure:
    wrongly = sum(reply.declines and not dialogue.declines for dialogue, reply in replies)
    missing = sum(dialogue.declines and not reply.declines for dialogue, reply in replies)
    # One is never close, however many dialogues there are.
    amount = max((wrongly + missing) / len(replies), _DRIFTS_FROM) if wrongly + missing else 0.0
    told = [f"{wrongly} that should not"] * bool(wrongly) + [f"{missing} missing"] * bool(missing)
    return _judged(amount, ", ".join(told) or "as expected")


def _length(measured: Sequence[Pair]) -> Measure:
    ratio = median(reply.words / max(1, golden.words) for golden, reply in measured)
    amount = abs(log2(ratio)) / 3 if ratio else 1.0
    return _judged(amount, f"{ratio:.1f} times as long")


def _distance(golden: Style, other: Style) -> float:
    ours, theirs, widths = asdict(golden), asdict(other), asdict(_WIDTHS)
    return fmean(min(1.0, abs(ours[name] - theirs[name]) / widths[name]) for name in widths)


def _mean(styles: Sequence[Style]) -> Style:
    columns = [asdict(each) for each in styles]
    return Style(**{name: fmean(each[name] for each in columns) for name in columns[0]})


def _judged(amount: float, figure: str) -> Measure:
    amount = min(1.0, max(0.0, amount))
    return Measure(round(amount, 3), _word(amount), figure)


def _word(amount: float) -> Word:
    if amount >= _OFF_FROM:
        return Word.OFF
    return Word.DRIFTS if amount >= _DRIFTS_FROM else Word.CLOSE
