"""Places at a provider: so many calls at the same time and no more, over all workers.

A place is a row with a lease. A provider without a limit costs nothing here.
"""

import logging
import random
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.db import Error, transaction
from django.db.models import Count
from django.db.models.functions import Now

from core.queries import in_single_file
from core.threads import give_back_connections
from providers.lineup import Candidate
from providers.models import Place
from providers.stopping import CallStopped, StopSignal

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
_RENEW_EVERY = 5.0
_LOOK_EVERY = 0.2


class CallPlace:
    """The place that one call needs; a context manager, because it has to be given back."""

    def __init__(self, candidate: Candidate) -> None:
        self._provider = candidate.config.name
        self._limit = candidate.places
        self._holder = uuid.uuid4()
        self._renew_at = 0.0
        self.is_held = self._limit is None

    def waiting(self, stop: StopSignal, *, seconds: float) -> Iterator[None]:
        """Take a place, waiting at most so long for it; yields while it waits. Look at `is_held` then."""
        ends_at = time.monotonic() + seconds
        while not self.is_held and not self._take() and time.monotonic() < ends_at:
            give_back_connections()
            if stop.wait(_LOOK_EVERY * random.uniform(0.8, 1.2)):  # noqa: S311  # nosec B311
                raise CallStopped(stop.reason)
            yield

    def _take(self) -> bool:
        with transaction.atomic():
            in_single_file(f"places of {self._provider}")
            places = Place.objects.filter(provider=self._provider)
            places.filter(held_until__lt=Now()).delete()
            if places.count() < (self._limit or 0):
                self._store()
                self.is_held = True
        return self.is_held

    def _store(self) -> None:
        Place.objects.create(provider=self._provider, holder=self._holder, held_until=Now() + LEASE)
        self._renew_at = time.monotonic() + _RENEW_EVERY

    def keep(self) -> None:
        """Renew the lease now and then. A database that is away is not waited for."""
        if self._limit is None or time.monotonic() < self._renew_at:
            return
        try:
            if not Place.objects.filter(holder=self._holder).update(held_until=Now() + LEASE):
                self._store()  # the lease ended in a long silence of the database; the call goes on
        except Error:
            logger.warning("a place at %s was not renewed", self._provider, exc_info=True)
        self._renew_at = time.monotonic() + _RENEW_EVERY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._limit is None or not self.is_held:
            return
        try:
            Place.objects.filter(holder=self._holder).delete()
        except Error:
            logger.warning("a place at %s is given back by the end of its lease", self._provider)


def all_are_busy(places: int) -> str:
    if places == 0:  # for what is done in the background
        return "its only place is left to people"
    return "the only place is busy" if places == 1 else f"all {places} places are busy"


def busy_places() -> dict[str, int]:
    """Places that are taken, by the name of the provider."""
    held = Place.objects.filter(held_until__gte=Now()).values("provider").annotate(count=Count("pk"))
    return {row["provider"]: row["count"] for row in held}
