"""A person's sessions a page at a time, the latest first; a page begins where the one before it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from chat.idling import with_activity
from chat.models import Session
from chat.selectors import sessions_of
from chat.sidebar import row_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Between two sessions of a list, by the one above."""

    last_activity_at: datetime
    session_id: UUID

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no place: the beginning."""
        moment, _, session_id = text.partition("_")
        try:
            place = cls(datetime.fromisoformat(moment), UUID(session_id))
        except ValueError:
            return None
        return place if place.last_activity_at.tzinfo else None

    def __str__(self) -> str:
        return f"{self.last_activity_at.isoformat()}_{self.session_id}"

    def below(self, sessions: QuerySet[Session]) -> QuerySet[Session]:
        at, pk = self.last_activity_at, self.session_id
        # The first condition is the second's beginning, and the one that the index knows.
        return sessions.filter(
            Q(last_activity_at__lt=at) | Q(last_activity_at=at, pk__lt=pk), last_activity_at__lte=at
        )


def page_of(user: User, *, is_archived: bool, after: Place | None) -> dict[str, Any]:
    listed = with_activity(sessions_of(user).filter(is_archived=is_archived))
    rows = list((after.below(listed) if after else listed).order_by("-last_activity_at", "-pk")[: PAGE + 1])
    end = rows[PAGE - 1] if len(rows) > PAGE else None
    return {
        "sessions": [row_of(each) for each in rows[:PAGE]],
        "is_first": after is None,
        "older": str(Place(end.last_activity_at, end.pk)) if end else "",
    }
