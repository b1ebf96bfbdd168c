"""What people do in a chat. Every door calls these, and nothing else writes for it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from chat import turns
from chat.announcing import (
    announce_line_moved,
    announce_path,
    announce_question,
    announce_stop,
    announce_turn,
    announce_wish,
)
from chat.briefs import Brief
from chat.dispatching import dispatch, dispatch_next
from chat.greeting import greeting_by
from chat.models import Message, Session, Turn, TurnStatus
from chat.noting import note_end_without_worker
from chat.selectors import find_turn, locked_session
from chat.titles import title_from
from core.composed import Insert, Update, given
from core.errors import Conflict, InvalidInput, NotFound
from core.request_id import current_request_id
from core.text import checked_message, is_storable
from personas.models import Persona
from personas.selectors import active_personas, get_active_persona

MAX_CLIENT_ID = 64
_add_message, _add_turn, _add_session = Insert(Message), Insert(Turn), Insert(Session)
_CHANGED = ("head_id", "next_position", "last_activity_at", "title", "is_archived", "persona_id", "greeting")


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a sent message; `is_new` is False when it had been stored before."""

    message: Message
    turn: Turn
    is_new: bool


def create_session(
    user: User,
    *,
    persona_slug: str | None = None,
    session_id: UUID | None = None,
    greeting: int | None = None,
) -> Session:
    """Begin a session; whoever wants to hear its first event chooses the id."""
    session = _new_session(user, persona_slug, session_id, greeting)
    session.save(force_insert=True)
    return session


def submit_message(
    user: User,
    *,
    text: str,
    client_id: str,
    session_id: UUID | None = None,
    persona_slug: str | None = None,
    new_session_id: UUID | None = None,
    brief: Brief | None = None,
    greeting: int | None = None,
    in_place_of: Message | None = None,
) -> Submission:
    """Store a message and the wish for its reply; without a session, in a new one.

    It goes on from the path that is shown, or with `in_place_of` from where that message does; it is shown
    from now on, and nothing is overwritten. `greeting` says with which of the persona's greetings the chat
    begins.

    `client_id` is the sender's own name for the message: sending it again gives what is stored already.
    Raises `Conflict` when it was used for another message, `NotFound` for a session or persona that is
    not there, `InvalidInput` or `TooLarge` for a text that cannot be accepted.
    """
    text = checked_message(text)
    _check_client_id(client_id)
    try:
        with transaction.atomic():
            session = (
                _next_in(user, session_id, persona_slug, greeting)
                if session_id
                else _new_session(user, persona_slug, new_session_id, greeting)
            )
            turn = store_question(
                session,
                author=user,
                client_id=client_id,
                text=text,
                brief=brief,
                parent_id=in_place_of.parent_id if in_place_of else session.head_id,
            )
            show_from_now_on(turn, takes=2, is_new=session_id is None)
    except (IntegrityError, NotFound):
        # Its persona may be gone by now: what was stored counts all the same.
        if known := _stored(user, client_id, text, session_id):
            return known
        raise
    if in_place_of:
        tell_of_branch(turn)
    else:
        _tell(turn)
    return Submission(turn.question, turn, is_new=True)


def stop_turn(turn: Turn) -> None:
    """End a turn: at once while it waits, within a second while it runs. Ended ones stay as they are.

    One that waits for a model's answer goes back to that of the fallback voice.
    """
    if turn.wished_at and turns.take_back_wish(turn):
        announce_turn(find_turn(turn.pk))
        announce_wish(find_turn(turn.pk))
        announce_line_moved()
        dispatch_next(turn)
    elif turns.request_stop(turn):
        note_end_without_worker(turn, TurnStatus.CANCELLED)
        announce_turn(find_turn(turn.pk))
        announce_line_moved()
        dispatch_next(turn)
    else:
        announce_stop(turn)
    record("turn.stopped", actor=turn.session.owner, target=turn)


def run_turn_again(turn: Turn) -> Turn:
    """Queue a turn again that was not completed. Raises `Conflict` when there is nothing to run again."""
    if not turns.run_again(turn):
        raise Conflict("Only a reply that was stopped or broken off can be run again.", code="turn_not_ended")
    again = find_turn(turn.pk)
    announce_turn(again)
    dispatch_next(turn)
    record("turn.run_again", actor=turn.session.owner, target=turn)
    return again


def _check_client_id(client_id: str) -> None:
    if not client_id or len(client_id) > MAX_CLIENT_ID or not is_storable(client_id):
        raise InvalidInput(f"client_id must be 1 to {MAX_CLIENT_ID} characters.", code="client_id_invalid")


def _stored(user: User, client_id: str, text: str, session_id: UUID | None) -> Submission | None:
    message = Message.objects.filter(author=user, client_id=client_id).select_related("session").first()
    if message is None:
        return None
    if message.session.deleted_at:
        raise NotFound("There is no such session.", code="session_not_found")
    if message.text != text or (session_id and message.session_id != session_id):
        raise Conflict(
            "This client_id was used for another message.", code="client_id_taken", client_id=client_id
        )
    first_turn = message.turns.order_by("position").values_list("pk", flat=True)[0]
    turn = find_turn(first_turn)
    return Submission(turn.question, turn, is_new=False)


def _persona(slug: str | None) -> Persona | None:
    return get_active_persona(slug) if slug else active_personas().first()


def _new_session(
    user: User, persona_slug: str | None, session_id: UUID | None, greeting: int | None
) -> Session:
    """A session that is still to be stored."""
    persona = _persona(persona_slug)
    begins = greeting_by(persona, choice=greeting or 0)
    return Session(id=session_id or uuid4(), owner=user, persona=persona, greeting=begins)


def next_speaker(session: Session, slug: str | None) -> Persona | None:
    """Who answers next: the persona asked for, else the session's own; None when that was deleted."""
    current = session.persona
    slug = slug or (current.slug if current else "")
    if current and current.is_active and current.slug == slug:
        return current
    return get_active_persona(slug) if slug else None


def _next_in(user: User, session_id: UUID, persona_slug: str | None, greeting: int | None) -> Session:
    """The session, held against other senders, with who is to answer next in it."""
    session = locked_session(user, session_id)
    before, session.persona = session.persona, next_speaker(session, persona_slug)
    if session.next_position == 1 and (greeting is not None or session.persona != before):
        session.greeting = greeting_by(session.persona, choice=greeting or 0)
    return session


def store_question(
    session: Session,
    *,
    author: User,
    client_id: str,
    text: str,
    brief: Brief | None,
    parent_id: int | None = None,
) -> Turn:
    """A message with its queued turn, at the next two positions of the session.

    The caller has a transaction open, stores the session, and tells the others after it.
    """
    message = _add_message(
        Message(
            session=session,
            author=author,
            position=session.next_position,
            client_id=client_id,
            text=text,
            parent_id=parent_id,
        )
    )
    return store_turn(message, position=session.next_position + 1, persona=session.persona, brief=brief)


def store_turn(
    question: Message, *, position: int, persona: Persona | None, brief: Brief | None = None
) -> Turn:
    """A queued turn on a message; as with `store_question`, the caller does the rest."""
    turn = Turn(
        session=question.session,
        question=question,
        position=position,
        persona=persona,
        brief=brief.to_json() if brief else None,
        request_id=current_request_id(),
        dispatched_at=timezone.now(),
    )
    _add_turn(turn)
    turn.current_attempt = None
    return turn


_change_session = Update(
    lambda: Session.objects.filter(pk=given("pk", Session.id.field)),
    **{each: given(each, Session._meta.get_field(each)) for each in _CHANGED},
)


def show_from_now_on(turn: Turn, *, takes: int, is_new: bool = False) -> None:
    """Store in the session that it was used, `takes` so many positions more, and shows this new turn."""
    session = turn.session
    session.head = turn
    session.next_position += takes
    session.last_activity_at = timezone.now()
    session.title = session.title or title_from(turn.question.text)
    session.is_archived = False
    if is_new:
        _add_session(session)
    else:
        _change_session(pk=session.pk, **{each: getattr(session, each) for each in _CHANGED})


def _tell(turn: Turn) -> None:
    """Only after the commit: a worker looks at once. The question first, so that it is heard first."""
    announce_question(turn)
    dispatch(turn.pk, turn.session.mode)


def tell_of_branch(turn: Turn) -> None:
    """For a turn that does not follow the one shown before: those who look have the path read anew."""
    announce_path(turn.session)
    dispatch(turn.pk, turn.session.mode)
