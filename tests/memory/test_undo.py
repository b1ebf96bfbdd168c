"""A person deletes one memory and may take that back for some minutes; then nothing of it is left."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.rights import Right
from chat.keeping import delete_session, restore_session
from chat.services import submit_message
from chat.tasks import forget
from memory.forgetting import CAN_BE_UNDONE_FOR
from memory.models import Memory, Origin
from memory.recall import recall
from memory.services import contradict, usable
from personas.models import Persona
from providers.limits import EngineLimits

Learn = Callable[..., Memory]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/memory/of/jane/"}


@pytest.fixture
def mine(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def later() -> None:
    gone = timezone.now() - CAN_BE_UNDONE_FOR - timedelta(seconds=1)
    Memory.objects.exclude(deleted_at=None).update(deleted_at=gone)


def come_to_mind(person: User, persona: Persona) -> list[str]:
    found = recall("cello", persona_id=persona.pk, person_id=person.pk, limits=EngineLimits())
    return [each.text for each in found]


def test_what_is_deleted_is_out_of_use_at_once_and_back_when_that_is_undone(
    learn: Learn, mine: Client, alice: User, jane: Persona
) -> None:
    memory = learn("Plays the cello.", sources=[7])
    mine.delete(f"/api/memories/{memory.pk}")
    assert come_to_mind(alice, jane) == []
    assert mine.get("/api/bots/jane/memory/warm").json()["results"] == []

    back = mine.post(f"/api/memories/{memory.pk}/restore").json()
    assert (back["id"], back["text"], back["messages"]) == (memory.pk, "Plays the cello.", [7])
    assert come_to_mind(alice, jane) == ["Plays the cello."]
    done = AuditEntry.objects.filter(action__startswith="memory.").values_list("action", flat=True)
    assert set(done) == {"memory.deleted", "memory.restored"}


def test_minutes_later_it_is_gone_for_good_with_what_it_took_the_place_of(learn: Learn, mine: Client) -> None:
    memory = contradict(learn("Lives in Bergen."), text="Lives in Oslo.", origin=Origin.MODEL)
    kept = learn("Plays the cello.")
    mine.delete(f"/api/memories/{memory.pk}")
    forget()
    assert Memory.objects.count() == 3

    later()
    assert mine.post(f"/api/memories/{memory.pk}/restore").status_code == 404
    forget()
    assert list(Memory.objects.all()) == [kept]


def test_nobody_else_takes_a_deletion_back(
    learn: Learn, mine: Client, bob: User, sue: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn("Plays the cello.")
    assert mine.post(f"/api/memories/{memory.pk}/restore").status_code == 404
    mine.delete(f"/api/memories/{memory.pk}")

    for other in (bob, sue):
        assert as_user(other).post(f"/api/memories/{memory.pk}/restore").status_code == 404
        assert as_user(other).post(f"/memory/{memory.pk}/restore/").status_code == 404
    assert not usable().exists()


def test_staff_see_nothing_of_what_was_deleted(
    learn: Learn, mine: Client, sue: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn("Is called Pudding.")
    sue.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    mine.delete(f"/api/memories/{memory.pk}")

    staff = as_user(User.objects.get(pk=sue.pk))
    assert "Pudding" not in staff.get("/admin/memory/memory/").content.decode()
    assert staff.get(f"/admin/memory/memory/{memory.pk}/change/").status_code == 302
    assert staff.get("/api/bots/jane/memory/warm?person=alice").json()["results"] == []


def test_on_the_page_a_toast_takes_it_back(learn: Learn, mine: Client) -> None:
    memory = learn("Plays the cello.")
    learn("Lives in Oslo.")
    toast = mine.post(f"/memory/{memory.pk}/delete/", headers=HTMX).content.decode()
    assert ("Undo" in toast, f"/memory/{memory.pk}/restore/" in toast) == (True, True)
    assert '<span class="muted" id="count-fact" hx-swap-oob="true">1</span>' in toast
    assert "Plays the cello." not in mine.get("/memory/of/jane/").content.decode()

    back = mine.post(f"/memory/{memory.pk}/restore/", headers=HTMX).content.decode()
    assert f'id="memory-{memory.pk}" hx-swap-oob="true"' in back
    assert '<span class="muted" id="count-fact" hx-swap-oob="true">2</span>' in back


def test_without_scripts_the_page_offers_to_take_it_back(learn: Learn, mine: Client) -> None:
    memory = learn("Plays the cello.")
    there = mine.post(f"/memory/{memory.pk}/delete/")["Location"]
    assert there == f"/memory/of/jane/?deleted={memory.pk}"
    assert "Undo" in mine.get(there).content.decode()

    assert mine.post(f"/memory/{memory.pk}/restore/")["Location"] == f"/memory/of/jane/#memory-{memory.pk}"
    assert "Undo" not in mine.get(there).content.decode()
    assert "Undo" not in mine.get("/memory/of/jane/?deleted=nonsense").content.decode()


def test_a_restored_chat_does_not_bring_back_what_its_person_deleted(
    learn: Learn, mine: Client, alice: User, jane: Persona
) -> None:
    said = submit_message(alice, text="I play the cello.", client_id="one").message
    memory = learn("Plays the cello.", sources=[said.pk])
    mine.delete(f"/api/memories/{memory.pk}")
    delete_session(alice, said.session_id)
    restore_session(alice, said.session_id)
    assert not usable().exists()

    delete_session(alice, said.session_id)
    mine.post(f"/api/memories/{memory.pk}/restore")
    assert not usable().exists()
    restore_session(alice, said.session_id)
    assert list(usable()) == [memory]


def test_what_was_told_anew_meanwhile_is_not_there_twice(learn: Learn, mine: Client) -> None:
    memory = learn("Plays the cello.")
    mine.delete(f"/api/memories/{memory.pk}")
    anew = learn("Plays the cello.")

    assert mine.post(f"/api/memories/{memory.pk}/restore").json()["id"] == anew.pk
    assert list(Memory.objects.all()) == [anew]


def test_who_forgets_everything_forgets_what_could_be_taken_back_too(learn: Learn, mine: Client) -> None:
    memory = learn("Plays the cello.")
    mine.delete(f"/api/memories/{memory.pk}")
    mine.delete("/api/bots/jane/memory")

    assert not Memory.objects.exists()
