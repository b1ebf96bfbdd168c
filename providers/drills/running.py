"""Starting and ending drills."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.audit.recording import record
from accounts.models import User
from core.errors import Conflict, InvalidInput
from core.events import emit
from core.queries import in_single_file, row_or_none
from providers.circuits.models import CircuitState
from providers.circuits.transitions import circuits_of_drill, forget
from providers.drills.models import Drill, Failure
from providers.drills.reading import running_drills
from providers.engine_settings import current_limits
from providers.lineup import candidate_of
from providers.models import Provider

MOST_MINUTES = 30
MOST_AT_ONCE = 100


def start_drill(
    user: User, *, provider: str, failure: str, minutes: int, is_for_everybody: bool, is_confirmed: bool
) -> Drill:
    """Make a provider fail (empty: every one) for one's own replies or for those of everybody.

    Raises `InvalidInput` for what makes no sense, `Conflict` when somebody who would take part is in a
    drill already.
    """
    _check(provider, failure, minutes)
    if is_for_everybody and not is_confirmed:
        raise InvalidInput(
            "Confirm that the replies of everybody will fail over.", code="drill_not_confirmed"
        )
    with transaction.atomic():
        in_single_file("drills")
        _check_nobody_is_in_one(user, is_for_everybody=is_for_everybody)
        drill = Drill.objects.create(
            provider=provider,
            failure=failure,
            is_for_everybody=is_for_everybody,
            started_by=user,
            starter=user.get_username(),
            fails_until=Now() + timedelta(minutes=minutes),
        )
        Provider.objects.update(drilled_at=Now())
        facts = {
            "provider": drill.target,
            "failure": failure,
            "minutes": minutes,
            "everybody": is_for_everybody,
        }
        record("drill.started", actor=user, target=drill, name=str(drill), **facts)
    emit("drill_started", drill=drill.pk, by=drill.starter, **facts)
    drill.refresh_from_db()
    return drill


def let_recover(drill: Drill, *, by: User) -> None:
    """Let its calls succeed again; its circuit has to find out by itself. An ended one stays as it is."""
    failing = Drill.objects.filter(pk=drill.pk, ended_at=None, fails_until__gt=Now())
    if failing.update(fails_until=Now()):
        record("drill.recovering", actor=by, target=drill, name=str(drill))
    drill.refresh_from_db()


def end_drill(drill: Drill, *, by: User | None) -> None:
    """Everything is at once as if there had been no drill. An ended one stays as it is."""
    with transaction.atomic():
        in_single_file("drills")
        if not Drill.objects.filter(pk=drill.pk, ended_at=None).update(ended_at=Now()):
            return
        forget(circuits_of_drill(drill.pk))
        if not running_drills().exists():
            Provider.objects.update(drilled_at=None)
        if by:
            record("drill.ended", actor=by, target=drill, name=str(drill))
    emit("drill_ended", drill=drill.pk, provider=drill.target, by=by.get_username() if by else "")
    drill.refresh_from_db()


def end_recovered() -> int:
    """End the drills whose failures are over and whose circuits are closed, or were given time enough."""
    ended = 0
    for drill in Drill.objects.filter(ended_at=None, fails_until__lte=Now())[:MOST_AT_ONCE]:
        broken = circuits_of_drill(drill.pk).exclude(state=CircuitState.CLOSED)
        if not broken.exists() or not running_drills().filter(pk=drill.pk).exists():
            end_drill(drill, by=None)
            ended += 1
    return ended


def forget_old_drills(*, older_than: timedelta) -> int:
    deleted, _ = Drill.objects.filter(ended_at__lt=Now() - older_than).delete()
    return deleted


def _check(provider: str, failure: str, minutes: int) -> None:
    if failure not in Failure.values:
        raise InvalidInput(f"A provider can fail by: {', '.join(Failure.values)}.", code="drill_not_valid")
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInput(f"A drill takes 1 to {MOST_MINUTES} minutes.", code="drill_not_valid")
    if not provider:
        return
    row = row_or_none(Provider.objects.filter(name=provider))
    if row is None:
        raise InvalidInput(f"There is no provider {provider}.", code="drill_not_valid")
    if reason := candidate_of(row, current_limits()).skip_reason:
        raise InvalidInput(f"{provider} would not be asked anyway: {reason}.", code="drill_not_valid")


def _check_nobody_is_in_one(user: User, *, is_for_everybody: bool) -> None:
    for other in running_drills():
        if is_for_everybody or other.is_for_everybody or other.started_by_id == user.pk:
            raise Conflict(f"{other.starter} runs {other} already. End that one first.", code="drill_running")
