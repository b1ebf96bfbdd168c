"""From exchanges to operations, and from many memories to a summary."""

from collections.abc import Callable

from django.db import transaction

from core.queries import in_single_file
from memory.learning.answers import Add, Change, Forget, read_operations, read_summary
from memory.learning.asking import ask
from memory.learning.exchanges import Lesson
from memory.learning.merging import least_worth_keeping
from memory.learning.prompting import learning_request, summary_request
from memory.learning.wording import as_reported
from memory.models import WARM_KINDS, Memory
from memory.recall import recall
from memory.services import compress, usable
from providers.stopping import StopSignal

COMPRESSED_ABOVE = 400
COMPRESSED_AT_ONCE = 50
_KNOWN_TOKENS = 1_500
_MOST_KNOWN = 60

Keep = Callable[[], None]


def draw(lesson: Lesson, *, stop: StopSignal, keep: Keep) -> tuple[Add | Change | Forget, ...] | None:
    """What the exchanges change about what is known; None when nobody could be asked.

    Raises `Unreadable`, or `CallStopped`.
    """
    known = concerned(lesson)
    told = ask(learning_request(lesson, known), lesson, stop=stop, keep=keep)
    if told is None:
        return None
    messages = {each.message_id for each in lesson.exchanges}
    return read_operations(told, messages=messages, known={each.pk for each in known})


def concerned(lesson: Lesson) -> list[Memory]:
    """The warm memories about this person that the exchanges may be about."""
    limits = lesson.limits.model_copy(update={"memory_tokens": _KNOWN_TOKENS})
    whose = {"persona_id": lesson.persona.pk, "person_id": lesson.person_id}
    found: dict[int, None] = {}
    for each in lesson.exchanges:
        found |= dict.fromkeys(one.id for one in recall(each.said, limits=limits, **whose))
    ids = list(found)[:_MOST_KNOWN]
    return list(usable().filter(pk__in=ids, kind__in=WARM_KINDS, **whose).order_by("pk"))


def compress_some(lesson: Lesson, *, stop: StopSignal, keep: Keep) -> Memory | None:
    """Put a summary in the place of what matters least, if there is much; None if not, or if it did not work.

    Raises `Unreadable`, or `CallStopped`.
    """
    whose = {"persona_id": lesson.persona.pk, "person_id": lesson.person_id}
    least = least_worth_keeping(whose)
    if least.count() <= COMPRESSED_ABOVE:
        return None
    rows = list(least[:COMPRESSED_AT_ONCE])
    told = ask(summary_request(rows), lesson, stop=stop, keep=keep)
    if told is None:
        return None
    text = as_reported(read_summary(told))
    with transaction.atomic():
        in_single_file(f"memories {whose['persona_id']} {whose['person_id']}")
        seen = {each.pk: each.version for each in rows}
        now = dict(usable().select_for_update().filter(pk__in=seen).values_list("pk", "version"))
        if now != seen:
            return None
        times = [each.created_at for each in rows]
        return compress(rows, text=text, begins_at=min(times), ends_at=max(times))
