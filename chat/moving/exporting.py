"""One session as a file: Markdown for people, JSON for programs (docs/reference/files.md)."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from chat.greeting import told
from chat.models import Message, Session
from chat.presenting import entries_of, message_form, turn_form
from chat.selectors import turns_on

FORMAT = 1
FORMS = {"markdown": ("text/markdown; charset=utf-8", "md"), "json": ("application/json", "json")}
_BATCH = 500
_NOT_WHOLE = {
    "failed": "This reply failed.",
    "cancelled": "This reply was stopped.",
    "interrupted": "This reply was broken off.",
    "streaming": "This reply was still being written.",
}


def exported(session: Session, *, form: str) -> str:
    """The text of the file. `form` is one of `FORMS`."""
    return _markdown(session) if form == "markdown" else _json(session)


def file_name(session: Session, *, form: str) -> str:
    """Of letters that every system takes."""
    words = re.findall(r"[a-z0-9]+", session.title.lower())
    return f"{'-'.join(words)[:60].strip('-') or 'chat'}.{FORMS[form][1]}"


def _json(session: Session) -> str:
    whole = {
        "valis_chat": FORMAT,
        "title": session.title,
        "persona": session.persona.slug if session.persona else "",
        "greeting": {"text": told(session), "by": session.greeting["name"]} if session.greeting else None,
        "created_at": session.created_at.isoformat(),
        "exported_at": timezone.now().isoformat(),
        "messages": [_said(each) for each in _entries(session)],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["kind"] == "message":
        return {"role": "user", "text": entry["text"], "time": entry["created_at"]}
    return {
        "role": "assistant",
        "text": entry["text"],
        "time": entry["created_at"],
        "persona": {"slug": entry["persona"]["slug"], "name": entry["persona"]["name"]},
        "provider": entry["provider"],
        "status": entry["status"],
    }


def _markdown(session: Session) -> str:
    begins = [f"## {session.greeting['name']}\n\n{told(session)}"] if session.greeting else []
    said = map(_paragraph, _entries(session))
    return "\n\n".join([f"# {session.title or 'New chat'}", *begins, *said]) + "\n"


def _paragraph(entry: dict[str, Any]) -> str:
    time = entry["created_at"][:16].replace("T", " ")
    if entry["kind"] == "message":
        return f"## {entry['author_name']}, {time} UTC\n\n{entry['text']}"
    provider = entry["provider"] or {}
    by = " · ".join(filter(None, (provider.get("label") or provider.get("name"), provider.get("model"))))
    notes = "".join(f"\n\n*{note}*" for note in (by, _NOT_WHOLE.get(entry["status"])) if note)
    return f"## {entry['persona']['name']}, {time} UTC\n\n{entry['text']}{notes}".rstrip()


def _entries(session: Session) -> Iterator[dict[str, Any]]:
    """Everything said, in order, with each reply as it is now; those that are not there yet are left out."""
    messages = Message.objects.filter(session=session).select_related("author").order_by("position")
    after = 0
    while batch := list(messages.filter(position__gt=after)[:_BATCH]):
        turns = [turn_form(turn) for turn in turns_on(batch) if turn.current_attempt]
        yield from entries_of({"messages": map(message_form, batch), "turns": turns})
        after = batch[-1].position
