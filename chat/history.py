"""What a provider is told of the conversation so far."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from chat.briefs import Brief
from chat.models import Session, Turn
from chat.paths import path_to
from core.composed import Tuples, given
from providers.calls import Utterance
from providers.limits import EngineLimits


@Tuples
def _exchanges_above() -> QuerySet[Any, Any]:
    current = FilteredRelation("attempts", condition=Q(attempts__number=F("attempt")))
    turns = path_to(given("turn_id"), limit=given("most")).annotate(reply=current)
    return turns.values_list("question__text", "reply__text", "reply__provider")


def dialogue_up_to(turn: Turn, limits: EngineLimits) -> tuple[Utterance, ...]:
    """The questions above a turn with their replies, as many as the limits allow, and its own question.

    Whichever versions are shown meanwhile. A program's own dialogue takes the place of the session's,
    within the same limits.
    """
    if brought := Brief.from_json(turn.brief).dialogue:
        *earlier, question = brought
        return _within(limits, question, reversed(earlier))
    question = Utterance("user", turn.question.text)
    return _within(limits, question, _backwards(turn.question.parent_id, limits.history_messages))


def dialogue_so_far(session: Session, limits: EngineLimits) -> tuple[Utterance, ...]:
    """What would be told before the next question."""
    earlier = _backwards(session.head_id, limits.history_messages)
    return _within(limits, Utterance("user", ""), earlier)[:-1]


def _within(
    limits: EngineLimits, question: Utterance, backwards: Iterable[Utterance]
) -> tuple[Utterance, ...]:
    budget = limits.history_characters
    newest_first = [question]
    for utterance in islice(backwards, limits.history_messages):
        budget -= len(utterance.text)
        if budget < 0:
            break
        newest_first.append(utterance)
    while newest_first[-1].role == "assistant":
        newest_first.pop()
    return tuple(reversed(newest_first))


def _backwards(parent: int | None, most: int) -> Iterator[Utterance]:
    """Replies and their questions upwards. What the fallback voice said is left out: it knows nothing."""
    if parent is None:
        return
    for asked, text, provider in _exchanges_above(turn_id=parent, most=(most + 1) // 2):
        if text and not (provider or {}).get("is_fallback"):
            yield Utterance("assistant", text)
        yield Utterance("user", asked)
