"""Asking a model in the background, by the gate."""

from collections.abc import Callable
from contextlib import closing

from memory.learning.answers import LONGEST_ANSWER, Unreadable
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


class _SoFar:
    """What has come of an answer, as far as anybody would look through it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._pieces: list[str] = []
        self._left = LONGEST_ANSWER

    def add(self, piece: str) -> None:
        self._left -= len(piece)
        if not self.is_too_long:
            self._pieces.append(piece)

    @property
    def is_too_long(self) -> bool:
        return self._left < 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)


def ask(request: CallRequest, lesson: Lesson, *, stop: StopSignal, keep: Callable[[], None]) -> str | None:
    """What the model answered; None when nobody could. `keep` is called at least once a second meanwhile.

    Raises `CallStopped` when `stop` was set, or `Unreadable` as soon as there is too much of it.
    """
    so_far = _SoFar()
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
        on_text=so_far.add,
        stop=stop,
        may_fall_back=False,
        in_background=True,
        takes_last_place=lesson.takes_last_place,
    )
    with closing(events):
        for event in events:
            keep()
            if so_far.is_too_long:
                raise Unreadable("answer: too long")
            if isinstance(event, Restarted):
                so_far.clear()
            elif isinstance(event, Answered):
                return so_far.text
            elif isinstance(event, Unanswered):
                break
    return None


def _cascade(lesson: Lesson) -> tuple[str, ...]:
    chosen = lesson.limits.memory_model
    return (chosen,) if chosen else tuple(lesson.persona.snapshot().cascade)
