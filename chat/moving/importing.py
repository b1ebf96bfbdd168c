"""Chats from elsewhere as new sessions. Replies are marked as imported: no provider of ours wrote them."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from chat import turns
from chat.models import Attempt, Message, Session, Turn
from chat.moving.growing import Asked, Reply, Tree
from chat.moving.reading import Chat, read_chats
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


def import_chats(user: User, content: bytes) -> Imported:
    """All of the file or nothing. Raises `InvalidInput` or `TooLarge`."""
    personas = {persona.slug: persona for persona in active_personas()}
    usual = next(iter(personas.values()), None)
    sessions, messages, replies, left_out = [], 0, 0, 0
    with transaction.atomic():
        for chat in read_chats(content):
            tree = Tree(chat)
            if tree.messages:
                sessions.append(_store(user, chat, tree, personas.get(chat.persona) or usual))
            messages += len(tree.messages)
            replies += tree.used - len(tree.messages)
            left_out += len(chat.said) - tree.used
        record("chats.imported", actor=user, sessions=len(sessions), messages=messages)
    return Imported(sessions, messages, replies, left_out)


def _store(user: User, chat: Chat, tree: Tree, persona: Persona | None) -> Session:
    now = timezone.now()
    session = Session(owner=user, persona=persona, last_activity_at=now, next_position=tree.next_position)
    session.title = " ".join(chat.title.split())[:LONGEST_TITLE] or title_from(tree.messages[0].said.text)
    if chat.greeting:
        # Of nobody's here: what a file says is never told a model as a persona's own words.
        name, text = chat.greeting.who[:60] or "Imported", chat.greeting.text.strip()
        session.greeting = {"slug": "", "name": name, "text": text}
    session.save(force_insert=True)
    messages = {asked: _message(session, asked) for asked in tree.messages}
    Message.objects.bulk_create(messages.values())
    made = {reply: _turn(messages[reply.question], reply) for reply in tree.replies}
    Turn.objects.bulk_create(made.values())
    for asked, message in messages.items():
        message.parent = made[asked.parent] if asked.parent else None
        message.created_at = asked.said.at or now
    for reply, turn in made.items():
        turn.created_at = (reply.said.at if reply.said else reply.question.said.at) or now
    _update(Message, list(messages.values()), ["created_at", "parent"])
    _update(Turn, list(made.values()), ["created_at"])
    Attempt.objects.bulk_create(_attempt(turn, reply) for reply, turn in made.items())
    session.head = made[tree.shown] if tree.shown else max(made.values(), key=lambda turn: turn.position)
    session.save(update_fields=["head"])
    return session


def _message(session: Session, asked: Asked) -> Message:
    text = asked.said.text.strip()
    return Message(
        session=session, author=session.owner, position=asked.position, client_id=uuid4().hex, text=text
    )


def _turn(question: Message, reply: Reply) -> Turn:
    if reply.said:
        return turns.imported(question, position=reply.position, who=reply.said.who or "Imported")
    return turns.unanswered(question, position=reply.position)


def _attempt(turn: Turn, reply: Reply) -> Attempt:
    if not reply.said:
        return turns.unanswered_attempt(turn)
    html = render_markdown(reply.text, name=str(turn.pk))
    return turns.imported_attempt(turn, text=reply.text, html=html, provider=IMPORTED)


def _update(model: type[Row], rows: list[Row], fields: list[str]) -> None:
    """What could not be stored at once: they were said when the file says so, not now."""
    model._base_manager.bulk_update(rows, fields, batch_size=200)
