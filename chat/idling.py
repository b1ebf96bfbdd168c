"""Sessions that nobody wrote in for some hours are inactive. It takes nothing away; writing ends it."""

from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from chat.models import Session
from providers.engine_settings import current_limits


def is_active(session: Session) -> bool:
    return session.last_activity_at > _idle_since()


def with_activity(sessions: QuerySet[Session], *, only: bool | None = None) -> QuerySet[Session]:
    """Each with `is_active`, so that a list asks for the limit once; only the active ones, or the others."""
    is_recent = Q(last_activity_at__gt=_idle_since())
    if only is not None:
        sessions = sessions.filter(is_recent if only else ~is_recent)
    recent = ExpressionWrapper(is_recent, output_field=BooleanField())
    return sessions.annotate(is_active=recent)  # type: ignore[no-redef]  # the model only declares it


def _idle_since() -> datetime:
    return timezone.now() - timedelta(hours=current_limits().session_idle_hours)
