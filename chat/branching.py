"""Other versions of a reply or a message, and which of them are shown. Nothing is overwritten."""

from django.db import transaction

from accounts.audit.recording import record
from chat.announcing import announce_path
from chat.models import OPEN_STATUSES, Message, Session, Turn
from chat.paths import newest_below, shown_among
from chat.selectors import locked_session
from chat.services import (
    Submission,
    next_speaker,
    show_from_now_on,
    store_turn,
    submit_message,
    tell_of_branch,
)
from core.errors import Conflict
from personas.models import Persona

MOST_VERSIONS = 100
"""Of one reply, and of one message."""


def regenerate(turn: Turn, *, persona_slug: str | None = None) -> Turn:
    """Have the question of a turn answered once more, by the same persona or another one; it is shown then.

    Raises `Conflict` while a reply to it is on its way, `NotFound` for a persona that is not there.
    """
    with transaction.atomic():
        session = locked_session(turn.session.owner, turn.session_id)
        statuses = list(Turn.objects.filter(question=turn.question_id).values_list("status", flat=True))
        if set(statuses) & set(OPEN_STATUSES):
            raise Conflict("A reply to this is on its way already.", code="turn_not_ended")
        _check_count(len(statuses))
        question = turn.question
        question.session = session
        again = store_turn(
            question, position=session.next_position, persona=_speaker(turn, session, persona_slug)
        )
        show_from_now_on(again, takes=1)
        record("turn.regenerated", actor=session.owner, target=turn)
    tell_of_branch(again)
    return again


def edit_and_resend(
    message: Message, *, text: str, client_id: str, persona_slug: str | None = None
) -> Submission:
    """Send a message anew with another text; what followed the earlier one stays beside it.

    Raises what `submit_message` raises, and `Conflict` for more versions than there may be.
    """
    session = message.session
    others = Message.objects.filter(session=session, parent=message.parent_id).exclude(client_id=client_id)
    _check_count(others.count())
    return submit_message(
        session.owner,
        text=text,
        client_id=client_id,
        session_id=session.pk,
        persona_slug=persona_slug,
        in_place_of=message,
    )


def show_version(shown: Turn | Message) -> Session:
    """Lead the path through this turn or message, and on to the newest below it."""
    with transaction.atomic():
        session = locked_session(shown.session.owner, shown.session_id)
        shown.session = session
        if shown_among([shown]):
            return session
        session.head_id = newest_below(shown)
        session.save(update_fields=["head"])
    announce_path(session)
    return session


def _check_count(count: int) -> None:
    if count >= MOST_VERSIONS:
        raise Conflict(f"There are {count} versions of this already.", code="too_many_versions")


def _speaker(turn: Turn, session: Session, slug: str | None) -> Persona | None:
    """Who was asked for, who spoke, or who speaks in this session now."""
    spoke = turn.persona
    if slug is None and spoke and spoke.is_active:
        return spoke
    return next_speaker(session, slug)
