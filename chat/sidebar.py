"""A person's sessions as the sidebar lists them: pinned ones first, archived ones apart."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from chat.idling import with_activity
from chat.models import Session
from chat.presenting import persona_form
from chat.selectors import sessions_of

MOST = 50


def sidebar_of(user: User) -> dict[str, Any]:
    """The newest sessions in groups, whether there are more, and how many are archived."""
    listed = with_activity(sessions_of(user).filter(is_archived=False)).order_by(
        "-is_pinned", "-last_activity_at"
    )
    rows = [row_of(each) for each in listed[: MOST + 1]]
    return {
        "sessions": rows[:MOST],
        "are_more": len(rows) > MOST,
        "archived_count": sessions_of(user).filter(is_archived=True).count(),
    }


def row_of(session: Session) -> dict[str, Any]:
    """`session` comes from `with_activity`."""
    return {
        "id": str(session.pk),
        "title": session.title,
        "persona": persona_form(session.persona),
        "last_activity_at": session.last_activity_at,
        "group": "Pinned" if session.is_pinned else "" if session.is_active else "Inactive",
        "url": reverse("chat:session", args=[session.pk]),
    }
