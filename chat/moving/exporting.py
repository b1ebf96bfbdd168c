"""One session as a file: Markdown for people, JSON for programs (docs/reference/files.md)."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from chat.greeting import told
from chat.models import Message, Session
from chat.presenting import entries_of, message_form, turn_form
from chat.selectors import path_of, turns_on

FORMAT = 2
FORMS = {"markdown": ("text/markdown; charset=utf-8", "md"), "json": ("application/json", "json")}
_BATCH = 500
_NOT_WHOLE = {
    "failed": "This reply failed.",
    "cancelled": "This reply was stopped.",
    "interrupted": "This reply was broken off.",
    "streaming": "This reply was still being written.",
}
_CUT = "This reply was cut at the limit of what a reply may hold."


def exported(session: Session, *, form: str) -> str:
    """The text of the file. `form` is one of `FORMS`."""
    return _markdown(session) if form == "markdown" else _json(session)


def file_name(session: Session, *, form: str) -> str:
    """Of letters that every system takes."""
    words = re.findall(r"[a-z0-9]+", session.title.lower())
    return f"{'-'.join(words)[:60].strip('-') or 'chat'}.{FORMS[form][1]}"


def _json(session: Session) -> str:
    """The whole tree. Its numbers are the positions."""
    numbers: dict[int, int] = {}
    said = [_said(each, numbers) for each in _everything(session, numbers)]
    head = numbers.get(session.head_id) if session.head_id else None
    whole = {
        "valis_chat": FORMAT,
        "title": session.title,
        "persona": session.persona.slug if session.persona else "",
        "greeting": {"text": told(session), "by": session.greeting["name"]} if session.greeting else None,
        "created_at": session.created_at.isoformat(),
        "exported_at": timezone.now().isoformat(),
        "shown": head,
        "messages": said,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _said(entry: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    placed = {"number": entry["position"], "text": entry["text"], "time": entry["created_at"]}
    if entry["kind"] == "message":
        return {"role": "user", **placed, "after": numbers.get(entry["parent"])}
    return {
        "role": "assistant",
        **placed,
        "after": entry["after"],
        "persona": {"slug": entry["persona"]["slug"], "name": entry["persona"]["name"]},
        "provider": entry["provider"],
        "status": entry["status"],
    }


def _markdown(session: Session) -> str:
    begins = [f"## {session.greeting['name']}\n\n{told(session)}"] if session.greeting else []
    said = map(_paragraph, _shown(session))
    return "\n\n".join([f"# {session.title or 'New chat'}", *begins, *said]) + "\n"


def _paragraph(entry: dict[str, Any]) -> str:
    time = entry["created_at"][:16].replace("T", " ")
    if entry["kind"] == "message":
        return f"## {entry['author_name']}, {time} UTC\n\n{entry['text']}"
    provider = entry["provider"] or {}
    by = " · ".join(filter(None, (provider.get("label") or provider.get("name"), provider.get("model"))))
    cut = _CUT if (entry["usage"] or {}).get("is_cut") else ""
    notes = "".join(f"\n\n*{note}*" for note in (by, _NOT_WHOLE.get(entry["status"]), cut) if note)
    return f"## {entry['persona']['name']}, {time} UTC\n\n{entry['text']}{notes}".rstrip()


def _shown(session: Session) -> list[dict[str, Any]]:
    """The path that is shown, without replies that are not there yet."""
    path = path_of(session)
    turns = [turn_form(turn) for turn in path if turn.current_attempt]
    return entries_of({"messages": [message_form(turn.question) for turn in path], "turns": turns})


def _everything(session: Session, numbers: dict[int, int]) -> Iterator[dict[str, Any]]:
    """Every message, each with the replies to it that have a text.

    Fills `numbers`: what goes on from a turn goes on from this position. Where it has no text, that of its
    question. No message comes before the turn that it goes on from.
    """
    messages = Message.objects.filter(session=session).select_related("author").order_by("position")
    after = 0
    while batch := list(messages.filter(position__gt=after)[:_BATCH]):
        questions = {each.pk: each.position for each in batch}
        turns = [turn_form(turn) | {"after": questions[turn.question_id]} for turn in turns_on(batch)]
        numbers.update({each["id"]: each["position"] if each["text"] else each["after"] for each in turns})
        told = [each for each in turns if each["text"]]
        yield from entries_of({"messages": map(message_form, batch), "turns": told})
        after = batch[-1].position
