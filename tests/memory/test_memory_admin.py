"""Staff change what holds for everybody; what is about people is for who may read their chats."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.rights import Right
from memory.models import Memory, Origin
from personas.models import Persona

Learn = Callable[..., Memory]
pytestmark = pytest.mark.django_db
LIST = "/admin/memory/memory/"


@pytest.fixture
def staff(sue: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(sue)


def form(persona: Persona, **values: object) -> dict[str, object]:
    return {"persona": persona.pk, "kind": "fact", "text": "x", "importance": 5, "confidence": 1} | values


def test_staff_write_what_holds_for_everybody(staff: Client, jane: Persona) -> None:
    staff.post(f"{LIST}add/", form(jane, text="The library opens at nine."))

    memory = Memory.objects.get()
    assert (memory.person, memory.origin, memory.text) == (None, "staff", "The library opens at nine.")
    entry = AuditEntry.objects.get(action="memory.added")
    assert (entry.actor, entry.target) == ("sue", "of jane about everybody")
    staff.post(f"{LIST}{memory.pk}/change/", form(jane, text="It opens at ten."))
    memory.refresh_from_db()
    assert (memory.text, memory.version) == ("It opens at ten.", 2)
    staff.post(f"{LIST}{memory.pk}/delete/", {"post": "yes"})
    assert not Memory.objects.exists()


def test_a_memory_without_words_is_refused_at_its_field(staff: Client, jane: Persona) -> None:
    answer = staff.post(f"{LIST}add/", form(jane, text="x" * 501))

    assert "1 to 500 characters" in answer.content.decode()
    assert not Memory.objects.exists()


def test_what_is_about_people_is_for_the_few_who_may_read_their_chats(
    learn: Learn, sue: User, as_user: Callable[[User], Client]
) -> None:
    mine = learn("Is called Pudding.")
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)
    page = as_user(sue).get(LIST).content.decode()
    assert ("library" in page, "Pudding" in page) == (True, False)
    assert as_user(sue).get(f"{LIST}{mine.pk}/change/").status_code == 302
    assert as_user(sue).post(f"{LIST}{mine.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Memory.objects.filter(pk=mine.pk).exists()

    sue.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    reader = as_user(User.objects.get(pk=sue.pk))
    assert "Pudding" in reader.get(LIST).content.decode()
    assert "Pudding" in reader.get(f"{LIST}{mine.pk}/change/").content.decode()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"memories.listed", "memory.read"}
    assert "Pudding" not in str(list(AuditEntry.objects.values()))
    reader.post(f"{LIST}{mine.pk}/delete/", {"post": "yes"})
    assert not Memory.objects.filter(pk=mine.pk).exists()


def test_who_may_not_edit_personas_only_looks(vic: User, dora: User, jane: Persona, as_user) -> None:
    User.objects.update(is_staff=True)

    assert as_user(User.objects.get(pk=vic.pk)).get(LIST).status_code == 403
    assert as_user(User.objects.get(pk=dora.pk)).get(LIST).status_code == 200
