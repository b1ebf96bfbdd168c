"""What staff see of learning: how much waits, and what came of it; never what was learned."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.keeping import delete_session
from chat.models import Turn
from chat.services import submit_message
from diagnostics.activity.recording import store
from diagnostics.models import Event, Recount
from diagnostics.tasks import recount
from diagnostics.tiles import learning as lessons
from diagnostics.tiles.learning import learning
from memory.learning import holding
from personas.models import Persona

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def happened(kind: str, *, ago: timedelta = timedelta(0), **facts: object) -> None:
    store([Event(kind=kind, facts=facts, at=timezone.now() - ago)])


def test_what_waits_and_runs_is_counted(alice: User, bob: User, jane: Persona) -> None:
    kept, deleted = (submit_message(each, text="Hello", client_id=each.username) for each in (alice, bob))
    Turn.objects.update(is_unlearned=True, finished_at=timezone.now() - timedelta(hours=2))
    delete_session(bob, deleted.message.session_id)
    holding.hold(persona_id=jane.pk, person_id=alice.pk)

    figures = learning()

    assert (figures["waiting"], figures["running"]) == (1, 1)
    assert figures["oldest"] == Turn.objects.get(pk=kept.turn.pk).finished_at


def test_what_came_of_it_is_summed_up_by_hour_and_day() -> None:
    happened("learned", persona="Jane", exchanges=3, added=2, left_out=1)
    happened("learned", persona="Jane", exchanges=1, added=1, contradicted=1, forgotten=1)
    happened("learning_unreadable", persona="Jane", problem="answer: json_invalid")
    happened("learning_given_up", exchanges=4)
    happened("learned", persona="Jane", added=50, ago=timedelta(days=3))

    figures = learning()

    nothing = dict.fromkeys(lessons.CHANGES, 0)
    came = {"added": 3, "contradicted": 1, "forgotten": 1, "left_out": 1, "refused": 1, "given_up": 4}
    assert figures["hour"] == nothing | came
    assert timezone.now() - figures["last"] < timedelta(hours=1)


def test_without_events_nothing_was_learned() -> None:
    assert learning()["last"] is None
    assert set(learning()["today"].values()) == {0}


def test_a_recount_finds_a_sum_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    happened("learned", added=2)
    happened("learning_given_up", exchanges=2)
    recount()
    assert Recount.objects.get(tile="learning").agrees

    right = lessons.summed
    monkeypatch.setattr(lessons, "summed", lambda rows: right(rows) | {"added": 1})
    recount()
    assert not Recount.objects.get(tile="learning").agrees


def test_the_page_shows_it(vic: User, as_user: Callable[..., object]) -> None:
    happened("learned", added=7)

    tile = as_user(vic).get("/diagnostics/tiles/?name=learning").content.decode()
    assert "Memories added" in tile
    assert "<td>7</td>" in tile
    assert "Not recounted yet." in tile
