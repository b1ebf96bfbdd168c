"""Which of the memories that came to mind a reply uses: what is spoken of, what matters, what is new."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from math import log2

from django.utils import timezone

from memory.models import MOST_IMPORTANT, Kind
from providers.calls import estimate_tokens

MOST_WORDS = 8
_READ = 4_000
_SHORTEST = 3
_WORD = re.compile(r"[^\W_]+")
_HALVED_AFTER_DAYS = 30
_UNSURE = 0.5
# So frequent that finding them says nothing.
EMPTY_WORDS = frozenset(
    """
    about also and any are been but can could did does doing done for from get got had has have her him
    his how into its just know let like make may might more most much must need not now our out over
    please really she should some something such tell than that the their them then there these they thing
    things think this those too very want was way well were what when where which who why will with would
    yes yet you your aber auch das dass dem den der des die ein eine einen einer für hat ich ist kann mein
    meine mich mir mit nicht noch oder sich sie sind und von was wenn wer wie wir wird ces dans des elle
    est les mais mes mon nous par pas pour que qui sur une vous como con del ella los las más para pero
    por que sus una
    """.split()  # noqa: SIM905  (a list of a hundred strings is no easier to read)
)


@dataclass(slots=True)
class Candidate:
    """A memory that came to mind; `hits` are the words of the question it was found by."""

    id: int
    kind: str
    text: str
    importance: int
    confidence: float
    ends_at: datetime | None
    updated_at: datetime
    last_used_on: date | None
    hits: set[int] = field(default_factory=set)

    @property
    def line(self) -> str:
        """As the prompt has it."""
        if self.kind == Kind.SUMMARY and self.ends_at:
            return f"In short, up to {self.ends_at:%B %Y}: {self.text}"
        return f"{self.text} (not certain)" if self.confidence < _UNSURE else self.text


def telling_words(question: str) -> list[str]:
    """The words that may lead to a memory; of many the longest, which tend to be rare."""
    words = _WORD.findall(unicodedata.normalize("NFC", question[:_READ]).lower())
    telling = dict.fromkeys(each for each in words if len(each) >= _SHORTEST and each not in EMPTY_WORDS)
    return sorted(telling, key=len, reverse=True)[:MOST_WORDS]


def best_of(candidates: Iterable[Candidate], *, tokens: int) -> list[Candidate]:
    """Those that fit into so many tokens, the best first considered, the oldest first given."""
    rows = list(candidates)
    found = Counter(hit for each in rows for hit in each.hits)
    now = timezone.now()
    chosen = []
    for each in sorted(rows, key=lambda each: (_score(each, found, now), each.id), reverse=True):
        needed = estimate_tokens(each.line)
        if needed <= tokens:
            tokens -= needed
            chosen.append(each)
    return sorted(chosen, key=lambda each: each.id)


def _score(candidate: Candidate, found: Counter[int], now: datetime) -> float:
    """A rare word in common counts most, importance next, and last how new it is."""
    relevance = min(1.0, sum(1 / (1 + log2(found[hit])) for hit in candidate.hits))
    days = max(0.0, (now - candidate.updated_at).total_seconds() / 86_400)
    recency: float = 0.5 ** (days / _HALVED_AFTER_DAYS)
    importance = candidate.importance / MOST_IMPORTANT
    return (3 * relevance + importance + recency / 2) * (1 + candidate.confidence) / 2
