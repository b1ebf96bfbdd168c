"""The wire forms of messages, turns and sessions: the same for sockets, API and pages."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chat.gauging import Gauge
from chat.greeting import told
from chat.idling import is_active
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from chat.paths import ONLY, Versions, versions_on
from core.finished_blocks import finished_blocks
from core.rendering import render_markdown
from personas.models import Persona
from usage.selectors import Spent


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def persona_form(persona: Persona | None, snapshot: dict[str, Any] | None = None) -> dict[str, Any]:
    """Who speaks. A persona that is gone is shown as it was when it spoke."""
    if persona is not None:
        return {
            "slug": persona.slug,
            "name": persona.name,
            "initials": persona.initials,
            "colour": persona.colour,
            "picture_url": persona.avatar_url,
        }
    was = snapshot or {}
    name = str(was.get("name") or "VALIS")
    return {
        "slug": was.get("slug", ""),
        "name": name,
        "initials": name[:1].upper(),
        "colour": was.get("colour", "slate"),
        "picture_url": "",
    }


def message_form(message: Message, versions: Versions | None = None) -> dict[str, Any]:
    return {
        "id": message.pk,
        "position": message.position,
        "parent": message.parent_id,
        "text": message.text,
        "author_name": message.author.get_username(),
        "client_id": message.client_id,
        "created_at": _moment(message.created_at),
        "versions": versions,
    }


def turn_form(
    turn: Turn, waiting: dict[str, Any] | None = None, versions: Versions | None = None
) -> dict[str, Any]:
    """A turn with the text of its current attempt, and what is known of its waiting and its versions."""
    attempt = turn.current_attempt or Attempt()
    code, message = attempt.code, attempt.reason
    if turn.status == TurnStatus.CANCELLED and attempt.status != TurnStatus.CANCELLED:
        code, message = "stopped", "You stopped this reply before it began."
    html, html_end = _rendered(turn, attempt)
    return {
        "id": turn.pk,
        "position": turn.position,
        "question": turn.question_id,
        "status": turn.status,
        "attempt": turn.attempt,
        "persona": persona_form(turn.persona, turn.snapshot),
        "text": attempt.text,
        "html": html,
        "html_end": html_end,
        "provider": attempt.provider,
        "usage": attempt.usage,
        "code": code,
        "message": message,
        "waiting": waiting,
        "created_at": _moment(turn.created_at),
        "finished_at": _moment(turn.finished_at),
        "wished_at": _moment(turn.wished_at),
        "versions": versions,
    }


def _rendered(turn: Turn, attempt: Attempt) -> tuple[str, int]:
    """HTML, and up to where in the text it goes: of a running reply, what cannot change any more."""
    if turn.status != TurnStatus.STREAMING:
        return attempt.html, len(attempt.text) if attempt.html else 0
    end = max(finished_blocks(attempt.text), default=0)
    return render_markdown(attempt.text[:end]) if end else "", end


def session_form(session: Session) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "title": session.title,
        "persona": persona_form(session.persona),
        "is_active": is_active(session),
        "is_pinned": session.is_pinned,
        "is_archived": session.is_archived,
        "created_at": _moment(session.created_at),
        "last_activity_at": _moment(session.last_activity_at),
    }


def usage_form(gauge: Gauge) -> dict[str, Any]:
    context = asdict(gauge.context)
    context |= {"tokens": gauge.context.tokens, "percent": gauge.context.percent}
    return {
        "context": context,
        **_spent_form(gauge.total),
        "providers": [
            {"provider": each.provider, "model": each.model, **_spent_form(each)} for each in gauge.parts
        ],
    }


def _spent_form(spent: Spent) -> dict[str, Any]:
    """A cost that nobody knows is null, not 0."""
    form = asdict(spent)
    cost = float(spent.usd) if spent.usd or not spent.unpriced else None
    names = ("calls", "tokens_in", "tokens_out", "tokens_cached", "is_estimated")
    return {name: form[name] for name in names} | {"cost_usd": cost, "unpriced_calls": spent.unpriced}


def greeting_form(session: Session) -> dict[str, Any] | None:
    """None, too, while nothing was said yet: somebody else may still be chosen."""
    text = told(session)
    if not text or session.next_position == 1:
        return None
    kept, persona = session.greeting or {}, session.persona
    is_there = persona is not None and persona.slug == kept.get("slug")
    speaker = persona_form(persona if is_there else None, kept)
    return {"persona": speaker, "text": text, "html": render_markdown(text)}


def conversation_form(
    session: Session, turns: list[Turn], waiting: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    """A session as a snapshot shows it: a part of its path."""
    return {
        "session": session_form(session),
        "greeting": greeting_form(session),
        **path_form(turns, waiting),
    }


def path_form(turns: list[Turn], waiting: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """Turns that follow each other, with their questions."""
    asked, replied = versions_on(turns)
    return {
        "messages": [message_form(turn.question, asked.get(turn.question_id)) for turn in turns],
        "turns": [turn_form(turn, waiting.get(turn.pk), replied.get(turn.pk)) for turn in turns],
    }


def exchange_form(turn: Turn, *, is_only: bool = False) -> dict[str, Any]:
    """A message with a reply to it. Where both are the only ones of their kind, nothing is asked."""
    asked, replied = ({}, {}) if is_only else versions_on([turn])
    return {
        "message": message_form(turn.question, asked.get(turn.question_id, ONLY)),
        "turn": turn_form(turn, versions=replied.get(turn.pk, ONLY)),
    }


def entries_of(form: dict[str, Any]) -> list[dict[str, Any]]:
    """Messages and turns of a conversation's form in one list, by position."""
    messages = [{"kind": "message", **message} for message in form["messages"]]
    turns = [{"kind": "turn", **turn} for turn in form["turns"]]
    return sorted([*messages, *turns], key=lambda entry: entry["position"])
