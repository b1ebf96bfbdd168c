"""What chats have to do with learning: what there is to learn from, and that people's turns go first.

A turn is marked by the statement that ends it, so learning costs a reply nothing. The mark is taken off in
the transaction that stores what was learned: whatever happens before, nothing is lost or learned twice.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Now

from chat import line
from chat.models import OPEN_STATUSES, Session, Turn
from chat.paths import shown_among
from core.events import emit
from core.queries import row_or_none
from memory.learning import holding
from memory.learning.exchanges import Exchange
from memory.models import Preference
from providers.cascade import Answered
from providers.drills.reading import drill_of
from providers.engine_settings import current_limits
from providers.limits import EngineLimits

PAUSE = timedelta(minutes=1)
ENOUGH = 10
"""So many exchanges are learned from together, and without waiting for a pause."""
MOST_CHARACTERS = 16_000
MOST_AT_ONCE = 4
KEPT_FOR = timedelta(days=1)
_MOST_LOOKED_AT = 200


def can_be_learned_from(turn: Turn, answered: Answered, limits: EngineLimits) -> bool:
    """Not from what programs ask over `/v1`, in a chat that is kept neither: nobody says that it is a person
    who speaks. Nor from what the fallback voice answered, or a reply in a drill."""
    is_on = limits.memory and limits.memory_learning and turn.persona is not None and turn.persona.has_memory
    is_genuine = not answered.candidate.is_fallback and not any(step.drill for step in answered.steps)
    return is_on and is_genuine and turn.brief is None and not turn.session.is_transient


def due() -> list[tuple[int, int]]:
    """Persona and person of what is to be learned now: after a pause, or of many exchanges. None while
    people wait for places."""
    limits = current_limits()
    if not (limits.memory and limits.memory_learning):
        unlearned().update(is_unlearned=False)
        return []
    _give_up_old()
    free = min(MOST_AT_ONCE - holding.running(), spare_places(limits))
    if free <= 0:
        return []
    resting = holding.resting()
    groups = (
        unlearned()
        .values_list("persona", "session__owner")
        .annotate(count=Count("pk"), newest=Max("finished_at"))
        .filter(Q(count__gte=ENOUGH) | Q(newest__lte=Now() - PAUSE))
        .order_by("newest")
    )
    pairs = [(persona, person) for persona, person, *_ in groups[:_MOST_LOOKED_AT]]
    return [pair for pair in pairs if pair not in resting][:free]


def spare_places(limits: EngineLimits) -> int:
    """Places that learning may use: none while somebody waits, and the last one only while nobody talks."""
    if line.waiting_for_place().exists():
        return 0
    running = holding.running()
    spare = limits.max_concurrent_requests - line.busy_places() - running - 1
    return spare if spare > 0 else int(not running and nobody_talks())


def nobody_talks() -> bool:
    """No reply is asked for, and for a while there was none."""
    lately = Session.objects.filter(is_transient=False, last_activity_at__gt=Now() - PAUSE)
    return not somebody_asks() and not lately.exists()


def somebody_asks() -> bool:
    return Turn.objects.filter(status__in=OPEN_STATUSES).exists()


def next_lesson(*, persona_id: int, person_id: int) -> list[Turn]:
    """The turns of one chat that are learned from together, the oldest chat first."""
    theirs = unlearned().filter(persona=persona_id, session__owner=person_id)
    first = theirs.order_by("finished_at").first()
    if first is None:
        return []
    of_chat = theirs.filter(session=first.session_id).select_related(
        "session", "question__session", "persona"
    )
    turns = list(of_chat.prefetch_related("attempts").order_by("position")[:ENOUGH])
    return _within(turns)


def allowed(turns: Iterable[Turn], *, person_id: int, limits: EngineLimits) -> list[Turn]:
    """Those that may be learned from: all three switches are on, and the person's was when it was said."""
    preference = row_or_none(Preference.objects.filter(person=person_id))
    if not (limits.memory and limits.memory_learning) or (preference and not preference.is_on):
        return []
    since = preference.changed_at if preference else None
    by_persona = (each for each in turns if each.persona and each.persona.has_memory)
    return [each for each in by_persona if since is None or each.created_at > since]


def is_in_drill(person_id: int) -> bool:
    return drill_of(person_id) is not None


def exchanges_of(turns: Iterable[Turn]) -> list[Exchange]:
    """Each message once, with the newest reply to it; not those that were edited since, nor what somebody
    else than the owner wrote in the chat."""
    turns = list(turns)
    shown = {message.pk for message in shown_among([turn.question for turn in turns])}
    by_question = {turn.question_id: turn for turn in turns if turn.question_id in shown}
    return [
        Exchange(
            turn.question_id,
            turn.question.text,
            turn.current_attempt.text if turn.current_attempt else "",
            turn.question.created_at,
        )
        for turn in by_question.values()
        if turn.question.text and turn.question.author_id == turn.session.owner_id
    ]


def still_there(turns: Iterable[Turn]) -> set[int]:
    """Messages of these turns whose chat nobody has deleted; in a transaction, and until its end."""
    ids = [each.pk for each in turns]
    kept = Turn.objects.filter(pk__in=ids, is_unlearned=True, session__deleted_at=None)
    locked = kept.select_related("session").select_for_update(of=("self", "session"))
    return {turn.question_id for turn in locked}


def settle(turns: Iterable[Turn]) -> None:
    """They have been learned from, or never will be."""
    Turn.objects.filter(pk__in=[each.pk for each in turns]).update(is_unlearned=False)


def unlearned() -> QuerySet[Turn]:
    """What is still to be learned from. A deleted chat is left alone until it is restored."""
    return Turn.objects.filter(is_unlearned=True, persona__isnull=False, session__deleted_at=None)


def _give_up_old() -> None:
    """What nobody could be asked about for a day."""
    if given_up := unlearned().filter(finished_at__lt=Now() - KEPT_FOR).update(is_unlearned=False):
        emit("learning_given_up", exchanges=given_up)


def _within(turns: list[Turn]) -> list[Turn]:
    """As many as fit into one question to a model, and at least one."""
    left = MOST_CHARACTERS
    taken: list[Turn] = []
    for turn in turns:
        left -= len(turn.question.text)
        if taken and left < 0:
            break
        taken.append(turn)
    return taken
