"""Putting what was drawn out of exchanges to what is known. Nothing of it is ever known twice, or grows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from core.errors import ValisError
from core.queries import in_single_file
from memory.forgetting import forget_exactly, with_traces
from memory.learning.answers import Add, Change, Forget
from memory.learning.wording import as_reported, is_said_in, words_of
from memory.models import WARM_KINDS, Kind, Memory, Origin
from memory.services import contradict, forget, remember, update, usable

MOST_LEARNED = 500
"""Warm memories that one persona has learned about one person; what people wrote is not counted."""
MOST_SUMMARIES = 100
SURER = 0.1


class Merging:
    """One merge, in the caller's transaction. `said`: the person's words, by the number of the message."""

    def __init__(self, *, persona_id: int, person_id: int, said: Mapping[int, str]) -> None:
        self._whose = {"persona_id": persona_id, "person_id": person_id}
        self._said = said
        self.done: Counter[str] = Counter()

    def carry_out(self, operations: Iterable[Add | Change | Forget]) -> None:
        """One that does not stand on the person's own words, or came too late, is left out."""
        in_single_file("memories {persona_id} {person_id}".format(**self._whose))
        for each in operations:
            sources = [one for one in each.sources if is_said_in(each.quote, self._said.get(one, ""))]
            try:
                name = self._carry_out(each, sources) if sources else ""
            except ValisError:  # too long once it is reported, or changed by the person meanwhile
                name = ""
            self.done[name or "left_out"] += 1
        _keep_within_limits(self._whose)

    def _carry_out(self, operation: Add | Change | Forget, sources: list[int]) -> str:
        if isinstance(operation, Add):
            return self._add(operation, sources)
        memory = self._own(operation.memory)
        if memory is None:
            return ""
        if isinstance(operation, Forget):
            forget(Memory.objects.filter(pk=memory.pk))
            return "forgotten"
        return self._change(memory, operation, sources)

    def _add(self, wanted: Add, sources: list[int]) -> str:
        text = as_reported(wanted.text)
        if same := self._same_as(text):
            return _strengthened(same, wanted.importance, wanted.confidence, sources)
        remember(
            kind=Kind(wanted.kind),
            text=text,
            origin=Origin.MODEL,
            importance=wanted.importance,
            confidence=wanted.confidence,
            sources=sources,
            **self._whose,
        )
        return "added"

    def _change(self, memory: Memory, wanted: Change, sources: list[int]) -> str:
        text = as_reported(wanted.text)
        values = _given(wanted)
        same = self._same_as(text)
        if same and same.pk == memory.pk:
            importance, confidence = (
                values.get(name, getattr(memory, name)) for name in ("importance", "confidence")
            )
            return _strengthened(memory, importance, confidence, sources)
        if same:
            text, values = same.text, values | {"kind": same.kind}
        if wanted.do == "contradict" or same or memory.origin == Origin.PERSON:
            contradict(memory, text=text, origin=Origin.MODEL, sources=sources, **values)
            return "contradicted"
        update(memory, text=text, sources=sources, **values)
        return "updated"

    def _own(self, memory_id: int) -> Memory | None:
        """What staff wrote is not for a chat to change, nor a summary."""
        mine = usable().filter(pk=memory_id, kind__in=WARM_KINDS, **self._whose)
        return mine.exclude(origin=Origin.STAFF).first()

    def _same_as(self, text: str) -> Memory | None:
        """The usable memory that says this already, but for capitals, marks and spaces."""
        words = words_of(text)
        warm = usable().filter(kind__in=WARM_KINDS, **self._whose).order_by("pk")
        rows = warm.values_list("pk", "text").iterator()
        pk = next((pk for pk, known in rows if words_of(known) == words), None)
        return None if pk is None else warm.get(pk=pk)


def least_worth_keeping(whose: Mapping[str, int]) -> QuerySet[Memory]:
    """What was learned and matters least: unimportant, then long unused, then old."""
    learned = usable().filter(origin=Origin.MODEL, kind__in=WARM_KINDS, **whose)
    return learned.order_by("importance", F("last_used_on").asc(nulls_first=True), "pk")


def _keep_within_limits(whose: Mapping[str, int]) -> None:
    _forget_beyond(MOST_LEARNED, least_worth_keeping(whose))
    all_of_theirs = Memory.objects.filter(**whose)
    summaries = all_of_theirs.filter(kind=Kind.SUMMARY, is_withdrawn=False)
    _forget_beyond(MOST_SUMMARIES, summaries.order_by("ends_at", "pk"))
    _forget_beyond(MOST_LEARNED, all_of_theirs.exclude(superseded_by=None).order_by("pk"))


def _forget_beyond(most: int, rows: QuerySet[Memory]) -> None:
    """The first of them, with what they had superseded: nothing that was contradicted comes back by this."""
    if (too_many := rows.count() - most) > 0:
        forget_exactly(with_traces(rows.values_list("pk", flat=True)[:too_many]))


def _strengthened(memory: Memory, importance: int, confidence: float, sources: Sequence[int]) -> str:
    surer = min(1.0, max(memory.confidence, confidence) + SURER)
    update(memory, importance=max(memory.importance, importance), confidence=surer, sources=sources)
    Memory.objects.filter(pk=memory.pk).update(last_used_on=timezone.now().date())
    return "strengthened"


def _given(wanted: Change) -> dict[str, Any]:
    values = {"kind": wanted.kind, "importance": wanted.importance, "confidence": wanted.confidence}
    return {name: value for name, value in values.items() if value is not None}
