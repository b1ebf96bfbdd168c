"""Asking a model in the background, by the gate."""

from collections.abc import Callable
from contextlib import closing

from memory.learning.exchanges import Lesson
from providers.calls import CallRequest
from providers.cascade import Answered, Restarted, Unanswered
from providers.stopping import StopSignal
from usage.ledger import Account
from usage.metering import answer
from usage.models import Purpose


def ask(request: CallRequest, lesson: Lesson, *, stop: StopSignal, keep: Callable[[], None]) -> str | None:
    """What the model answered; None when nobody could. `keep` is called at least once a second meanwhile.

    Raises `CallStopped` when `stop` was set.
    """
    pieces: list[str] = []
    chosen = lesson.limits.memory_model
    events = answer(
        request,
        cascade=(chosen,) if chosen else lesson.persona.snapshot().cascade,
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
