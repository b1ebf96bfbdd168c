"""Chats from elsewhere as new sessions. Replies are marked as imported: no provider of ours wrote them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from chat import turns
from chat.models import Attempt, Message, Session, Turn
from chat.moving.reading import Chat, Said, read_chats
from chat.titles import LONGEST_TITLE, title_from
from core.rendering import render_markdown
from personas.models import Persona
from personas.selectors import active_personas

Row = TypeVar("Row", Message, Turn)
IMPORTED = {"name": "imported", "label": "Imported", "model": "", "is_fallback": False}


@dataclass(frozen=True, slots=True)
class Imported:
    """`left_out` counts empty texts, and further replies before which nothing was asked."""

    sessions: list[Session]
    messages: int
    replies: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Exchange:
    asked: Said
    replies: list[Said]


def import_chats(user: User, content: bytes) -> Imported:
    """All of the file or nothing. Raises `InvalidInput` or `TooLarge`."""
    personas = {persona.slug: persona for persona in active_personas()}
    usual = next(iter(personas.values()), None)
    sessions, messages, replies, brought = [], 0, 0, 0
    with transaction.atomic():
        for chat in read_chats(content):
            exchanges = _exchanges(chat)
            brought += len(chat.said)
            if exchanges:
                sessions.append(_store(user, chat, exchanges, personas.get(chat.persona) or usual))
            messages += len(exchanges)
            replies += sum(len(each.replies) for each in exchanges)
        record("chats.imported", actor=user, sessions=len(sessions), messages=messages)
    return Imported(sessions, messages, replies, brought - messages - replies)


def _exchanges(chat: Chat) -> list[_Exchange]:
    exchanges: list[_Exchange] = []
    for said in chat.said:
        if not said.text.strip():
            continue
        if said.role == "user":
            exchanges.append(_Exchange(said, []))
        elif exchanges:
            exchanges[-1].replies.append(said)
    return exchanges


def _store(user: User, chat: Chat, exchanges: list[_Exchange], persona: Persona | None) -> Session:
    now = timezone.now()
    position, messages, replies = 1, [], []
    session = Session(owner=user, persona=persona, last_activity_at=now)
    if chat.greeting:
        # Of nobody's here: what a file says is never told a model as a persona's own words.
        name, text = chat.greeting.who[:60] or "Imported", chat.greeting.text.strip()
        session.greeting = {"slug": "", "name": name, "text": text}
    session.title = " ".join(chat.title.split())[:LONGEST_TITLE] or title_from(exchanges[0].asked.text)
    for exchange in exchanges:
        message = Message(session=session, author=user, position=position, client_id=uuid4().hex)
        message.text = exchange.asked.text.strip()
        messages.append((message, exchange.asked.at or now))
        for said in exchange.replies:
            position += 1
            replies.append((message, position, said))
        position += 1
    session.next_position = position
    session.save(force_insert=True)
    Message.objects.bulk_create(message for message, _ in messages)
    _date(Message, messages)
    made = [
        (turns.imported(question, position=place, who=said.who or "Imported"), said)
        for question, place, said in replies
    ]
    Turn.objects.bulk_create(turn for turn, _ in made)
    _date(Turn, [(turn, said.at or now) for turn, said in made])
    Attempt.objects.bulk_create(
        turns.imported_attempt(
            turn, text=said.text, html=render_markdown(said.text, name=str(turn.pk)), provider=IMPORTED
        )
        for turn, said in made
    )
    return session


def _date(model: type[Row], rows: list[tuple[Row, datetime]]) -> None:
    """They were said when the file says so, not now."""
    for row, at in rows:
        row.created_at = at
    model._base_manager.bulk_update([row for row, _ in rows], ["created_at"], batch_size=200)
