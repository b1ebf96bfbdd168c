"""So many calls to a provider at the same time and no more, over all workers (EN-9)."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from providers.lineup import candidate_of
from providers.models import Place, Provider
from providers.places import CallPlace, busy_places
from providers.stopping import CallStopped, StopSignal
from tests.chat.working import in_thread
from tests.playing import PlayingServer, max_overlap
from tests.providers.walking import FAST, Walk, limits, scripted, walk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

PATIENT = limits(place_wait=60, provider_timeout=60, reply_deadline=90)


def held_by_somebody(provider: str = "first", *, seconds: float = 30) -> Place:
    until = timezone.now() + timedelta(seconds=seconds)
    return Place.objects.create(provider=provider, holder=uuid.uuid4(), held_until=until)


def test_twenty_calls_at_once_never_take_more_places_than_there_are(playing: PlayingServer, row) -> None:
    limited = row("slow-first:0.05:echo", max_concurrent_requests=3)

    walks = [in_thread(walk, limited, within=PATIENT) for _ in range(20)]
    answered = [each.result(60) for each in walks]

    assert all(isinstance(each, Walk) and each.provider == "first" for each in answered)
    assert max_overlap(list(playing.calls)) <= 3
    assert playing.calls.total == 20
    assert not Place.objects.exists()


def test_a_provider_whose_places_stay_busy_is_skipped_for_the_next(row) -> None:
    for _ in range(2):
        held_by_somebody()

    seen = walk(row("say:no", max_concurrent_requests=2), scripted(), within=limits(place_wait=0.3))

    assert seen.story == [("first", "skipped", 1), ("second", "answered", 1)]
    assert (seen.steps[0].code, seen.steps[0].message) == ("places_busy", "all 2 places are busy")
    assert seen.steps[0].waited_ms > 0
    assert [record.candidate.config.name for record in seen.meter.records] == ["second"]


def test_a_place_that_is_freed_in_time_is_taken(row) -> None:
    taken = held_by_somebody()
    seen = Walk()

    walk(
        row("say:at last", max_concurrent_requests=1),
        within=PATIENT,
        into=seen,
        on_event=lambda event: taken.delete() if taken.pk else None,
    )

    assert seen.text == "at last"


def test_places_of_a_worker_that_died_do_not_count_when_their_lease_is_over(row) -> None:
    held_by_somebody(seconds=-1)

    assert walk(row("say:hello", max_concurrent_requests=1)).text == "hello"


def test_a_place_is_given_back_also_when_the_call_fails(row) -> None:
    seen = walk(row("status:500", max_concurrent_requests=1), scripted())

    assert seen.provider == "second"
    assert not Place.objects.exists()


def test_while_a_call_runs_its_lease_is_renewed(row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.places._RENEW_EVERY", 0.0)
    place = CallPlace(candidate_of(row("echo", max_concurrent_requests=1), FAST))
    list(place.waiting(StopSignal(), seconds=0))
    Place.objects.update(held_until=timezone.now() - timedelta(seconds=1))

    place.keep()
    assert busy_places() == {"first": 1}

    Place.objects.all().delete()
    place.keep()
    assert busy_places() == {"first": 1}


def test_whoever_waits_for_a_place_can_be_stopped(row) -> None:
    held_by_somebody()
    stop = StopSignal()

    with pytest.raises(CallStopped):
        walk(
            row("say:no", max_concurrent_requests=1),
            within=PATIENT,
            stop=stop,
            on_event=lambda event: stop.set("stopped"),
        )


def test_a_provider_without_a_limit_costs_no_statement(
    row: Callable[..., Provider], django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        seen = walk(row("say:hello"))

    assert seen.text == "hello"
