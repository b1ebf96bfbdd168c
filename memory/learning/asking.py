"""Asking a model in the background, by the gate."""

from collections.abc import Callable
from contextlib import closing

from memory.learning.exchanges import Lesson
from providers.calls import CallRequest
from providers.cascade import Answered, Restarted, Unanswered
from providers.lineup import line_up
from providers.stopping import StopSignal
from usage.ledger import Account
from usage.metering import answer
from usage.models import Purpose


def has_one_place(lesson: Lesson) -> bool:
    """Whether some provider that may be asked serves one call at a time."""
    return any(
        each.places == 1 for each in line_up(_cascade(lesson), lesson.limits, user_id=lesson.person_id)
    )


def ask(request: CallRequest, lesson: Lesson, *, stop: StopSignal, keep: Callable[[], None]) -> str | None:
    """What the model answered; None when nobody could. `keep` is called at least once a second meanwhile.

    Raises `CallStopped` when `stop` was set.
    """
    pieces: list[str] = []
    events = answer(
        request,
        cascade=_cascade(lesson),
        limits=lesson.limits,
        account=Account(
            Purpose.MEMORY,
            user_id=lesson.person_id,
            persona_id=lesson.persona.pk,
            persona_slug=lesson.persona.slug,
        ),
        on_text=pieces.append,
        stop=stop,
        may_fall_back=False,
        in_background=True,
        takes_last_place=lesson.takes_last_place,
    )
    with closing(events):
        for event in events:
            keep()
            if isinstance(event, Restarted):
                pieces.clear()
            elif isinstance(event, Answered):
                return "".join(pieces)
            elif isinstance(event, Unanswered):
                break
    return None


def _cascade(lesson: Lesson) -> tuple[str, ...]:
    chosen = lesson.limits.memory_model
    return (chosen,) if chosen else tuple(lesson.persona.snapshot().cascade)
