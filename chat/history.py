"""What a provider is told of the conversation so far."""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from django.db.models import F, FilteredRelation, Q

from chat.briefs import Brief
from chat.models import Message, Session, Turn
from providers.calls import Utterance
from providers.limits import EngineLimits


def dialogue_up_to(turn: Turn, limits: EngineLimits) -> tuple[Utterance, ...]:
    """Earlier questions with their replies, as many as the limits allow, and the turn's own question.

    A program's own dialogue takes the place of the session's, within the same limits.
    """
    if brought := Brief.from_json(turn.brief).dialogue:
        *earlier, question = brought
        return _within(limits, question, reversed(earlier))
    question = Utterance("user", turn.question.text)
    before = _backwards(turn.session_id, turn.question.position, limits.history_messages)
    return _within(limits, question, before)


def dialogue_so_far(session: Session, limits: EngineLimits) -> tuple[Utterance, ...]:
    """What would be told before the next question."""
    earlier = _backwards(session.pk, session.next_position, limits.history_messages)
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


def _backwards(session_id: UUID, position: int, most: int) -> Iterator[Utterance]:
    """Questions before a position, each after the newest reply to it. What the fallback voice said is left
    out: it knows nothing."""
    if position == 1:
        return
    current = FilteredRelation("attempts", condition=Q(attempts__number=F("attempt")))
    questions = Message.objects.filter(session=session_id, position__lt=position)
    replies = (
        Turn.objects.filter(question__in=questions.order_by("-position").values("pk")[:most])
        .annotate(reply=current)
        .order_by("-question__position", "-position")
        .values_list("question", "question__text", "reply__text", "reply__provider")
    )
    told = 0
    for question, asked, text, provider in replies[: (most + 1) // 2]:
        if question == told:
            continue
        told = question
        if text and not (provider or {}).get("is_fallback"):
            yield Utterance("assistant", text)
        yield Utterance("user", asked)
