"""What came of a run. Drift is computed from what was said whenever somebody looks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from diagnostics.fidelity.models import AnswerOutcome, FidelityAnswer, FidelityRun
from diagnostics.fidelity.speakers import Speaker, speakers_in
from personas.golden.dialogues import GoldenDialogue
from personas.golden.drifting import Drift, Measure, Word, drift

MEASURES = ("phrases", "tone", "refusals", "length")


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of a speaker, and what it was in the run before."""

    name: str
    now: Measure | None
    was: Measure | None


@dataclass(frozen=True, slots=True)
class Row:
    """A speaker: how its replies drift over all dialogues. `drift` is None while it has said nothing."""

    speaker: Speaker
    drift: Drift | None
    was: Drift | None
    counts: Counter[str]
    reason: str

    @property
    def word(self) -> Word | None:
        return self.drift.overall if self.drift else None

    @property
    def answers(self) -> int:
        """How many there are to be."""
        return self.counts.total()

    @property
    def measures(self) -> list[Compared]:
        return [Compared(name, _of(self.drift, name), _of(self.was, name)) for name in MEASURES]

    def is_at(self, word: Word) -> bool:
        """Whether it has drifted as far as this, or farther."""
        return self.word is not None and self.word.rank >= word.rank


@dataclass(frozen=True, slots=True)
class Report:
    run: FidelityRun
    before: FidelityRun | None
    rows: list[Row]
    done: int
    total: int
    current: str
    """Who is asked now, or next."""


def report_of(run: FidelityRun, *, before: FidelityRun | None) -> Report:
    """`before` is what it is compared with."""
    rows, earlier = _rows(run), _drifts(before) if before else {}
    answers = run.answers.all()
    waiting = [each for each in answers if each.outcome == AnswerOutcome.WAITING]
    upcoming = min(waiting, key=lambda each: (each.tries, each.pk), default=None)
    return Report(
        run,
        before,
        [_with_earlier(row, earlier) for row in rows],
        done=len(answers) - len(waiting),
        total=len(answers),
        current=run.speakers[upcoming.speaker]["name"] if upcoming else "",
    )


def _rows(run: FidelityRun) -> list[Row]:
    by_speaker: dict[int, list[FidelityAnswer]] = {}
    for each in run.answers.all():
        by_speaker.setdefault(each.speaker, []).append(each)
    dialogues, phrases = run.golden(), run.phrases()
    return [
        _row(speaker, by_speaker.get(number, []), dialogues, phrases)
        for number, speaker in enumerate(speakers_in(run))
    ]


def _row(
    speaker: Speaker,
    answers: Sequence[FidelityAnswer],
    dialogues: Sequence[GoldenDialogue],
    phrases: tuple[str, ...],
) -> Row:
    pairs = tuple(
        (dialogues[each.dialogue], each.text) for each in answers if each.outcome == AnswerOutcome.ANSWERED
    )
    return Row(
        speaker,
        drift=_drift(pairs, phrases) if pairs else None,
        was=None,
        counts=Counter(each.outcome for each in answers),
        reason=next((each.reason for each in answers if each.reason), ""),
    )


def _drifts(run: FidelityRun) -> dict[str, Drift]:
    """By entry, and by the name alone: a speaker is the same with another model."""
    found = [(row.speaker, row.drift) for row in reversed(_rows(run)) if row.drift]
    by_name = {speaker.name: drift for speaker, drift in found}
    return by_name | {speaker.entry: drift for speaker, drift in found}


def _with_earlier(row: Row, earlier: dict[str, Drift]) -> Row:
    was = earlier.get(row.speaker.entry) or earlier.get(row.speaker.name)
    return Row(row.speaker, row.drift, was, row.counts, row.reason)


def _of(drift: Drift | None, name: str) -> Any:
    return getattr(drift, name) if drift else None


@lru_cache(maxsize=512)
def _drift(pairs: tuple[tuple[GoldenDialogue, str], ...], phrases: tuple[str, ...]) -> Drift:
    return drift(pairs, phrases=phrases)
