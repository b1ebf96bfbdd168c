"""Much data at once, put into the database as if people had been at it for years. Run by `Running.do`."""

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from personas.models import Persona

_BATCH = 2_000
_TEXT = "Some words that somebody said and that are not short, as people do when they tell of their day. "


def add_history(messages: int) -> None:
    """One session of the demo account with so many messages, half of them replies, titled after it."""
    session = _session(f"{messages} messages", next_position=messages + 1)
    for first in range(1, messages, 2 * _BATCH):
        _add_exchanges(session, range(first, min(first + 2 * _BATCH, messages), 2))
    session.save(update_fields=["head"])


def add_sessions(count: int) -> None:
    """So many sessions of the demo account, a minute apart."""
    owner, jane, now = _demo(), Persona.objects.get(slug="jane"), timezone.now()
    made = Session.objects.bulk_create(
        (
            Session(owner=owner, persona=jane, title=f"Talk {number}", next_position=1)
            for number in range(count)
        ),
        batch_size=_BATCH,
    )
    for number, session in enumerate(made):
        session.last_activity_at = now - timedelta(minutes=number)
    Session.objects.bulk_update(made, ["last_activity_at"], batch_size=500)


def add_personas(count: int) -> None:
    """So many copies of Jane under other names."""
    fields = Persona.objects.filter(slug="jane").values().get()
    fields.pop("id")
    Persona.objects.bulk_create(
        Persona(**fields | {"slug": f"jane-{number}", "name": f"Jane {number}"}) for number in range(count)
    )


def _demo() -> User:
    return User.objects.get(username="demo")


def _session(title: str, *, next_position: int) -> Session:
    jane = Persona.objects.get(slug="jane")
    return Session.objects.create(owner=_demo(), persona=jane, title=title, next_position=next_position)


def _add_exchanges(session: Session, positions: range) -> None:
    """A question at each position, which goes on from the reply before it, and its reply at the next."""
    questions = Message.objects.bulk_create(
        Message(
            session=session, author=session.owner, position=position, client_id=uuid.uuid4().hex, text=_TEXT
        )
        for position in positions
    )
    turns = Turn.objects.bulk_create(
        Turn(
            session=session,
            question=question,
            position=question.position + 1,
            persona=session.persona,
            status=TurnStatus.COMPLETE,
            attempt=1,
            snapshot={"slug": "jane"},
        )
        for question in questions
    )
    for question, parent in zip(questions, [session.head, *turns], strict=False):
        question.parent = parent
    Message.objects.bulk_update(questions, ["parent"], batch_size=500)
    session.head = turns[-1]
    Attempt.objects.bulk_create(
        Attempt(turn=turn, number=1, text=2 * _TEXT, html=f"<p>{2 * _TEXT}</p>", status=TurnStatus.COMPLETE)
        for turn in turns
    )
