"""Over the API staff change what they may change in admin, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.rights import Right
from memory.models import Memory, Origin
from memory.services import contradict, usable
from personas.models import Persona

Learn = Callable[..., Memory]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def staff(dora: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(dora)


@pytest.fixture
def reader(dora: User, staff: Client) -> Client:
    dora.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    return staff


def send(client: Client, method: str, path: str, **data: Any) -> Any:
    return getattr(client, method)(f"/api/{path}", json.dumps(data), content_type="application/json")


def test_what_holds_for_everybody_is_added_changed_and_deleted(
    staff: Client, bob: User, jane: Persona, as_user: Callable[[User], Client]
) -> None:
    added = send(staff, "post", "bots/jane/memory/for-everybody", text="It opens at nine.", confidence=0.4)
    assert added.status_code == 201
    assert (added.json()["is_general"], added.json()["origin"], added.json()["confidence"]) == (
        True,
        "staff",
        0.4,
    )
    path = f"staff/memories/{added.json()['id']}"
    assert send(staff, "patch", path, text="It opens at ten.").json()["text"] == "It opens at ten."
    theirs = as_user(bob).get("/api/bots/jane/memory/warm").json()["results"]
    assert [each["text"] for each in theirs] == ["It opens at ten."]
    assert send(staff, "delete", path).json() == {"forgotten": 1}

    assert not Memory.objects.exists()
    entries = AuditEntry.objects.filter(action__startswith="memory.").order_by("pk")
    assert list(entries.values_list("action", "actor", "target")) == [
        (f"memory.{each}", "dora", "of jane about everybody") for each in ("added", "changed", "deleted")
    ]
    assert "opens" not in str(list(AuditEntry.objects.values()))


def test_what_is_about_people_is_for_the_few_who_may_read_their_chats(
    learn: Learn, staff: Client, dora: User
) -> None:
    memory = learn("Is called Pudding.")
    path = f"staff/memories/{memory.pk}"
    assert send(staff, "patch", path, text="Is called Pie.").status_code == 404
    assert send(staff, "delete", path).status_code == 404

    dora.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    assert send(staff, "patch", path, text="Is called Pie.").json()["origin"] == "staff"
    assert AuditEntry.objects.get(action="memory.changed").target == "of jane about alice"
    assert send(staff, "delete", path).status_code == 200
    assert not usable().exists()


def test_the_right_to_read_alone_changes_nothing(
    learn: Learn, vic: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn("Is called Pudding.")
    vic.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))

    for method in ("patch", "delete"):
        assert send(as_user(vic), method, f"staff/memories/{memory.pk}").status_code == 403


def test_what_was_superseded_or_is_no_memory_is_refused(learn: Learn, reader: Client, jane: Persona) -> None:
    old = learn("Lives in Bergen.")
    new = contradict(old, text="Lives in Oslo.", origin=Origin.MODEL)

    assert send(reader, "patch", f"staff/memories/{old.pk}", text="x").status_code == 404
    assert send(reader, "patch", f"staff/memories/{new.pk}", importance=11).status_code in {400, 422}
    assert send(reader, "post", "bots/jane/memory/for-everybody", text=" ").status_code == 400
    assert send(reader, "post", "bots/nobody/memory/for-everybody", text="x").status_code == 404
