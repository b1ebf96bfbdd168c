"""“Why did you say that?”: what a reply could go by, for its owner and for who may read their chats."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.rights import Right
from chat.models import Turn
from memory.models import Memory, Origin
from memory.services import contradict, forget
from personas.models import Card, Persona
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to

Learn = Callable[..., Memory]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
SECRET = "Is called Pudding by her sister."


@pytest.fixture(autouse=True)
def _a_provider(provider: Callable[..., Provider], quick_engine: EngineSettings) -> None:
    provider("say:Aha.")


@pytest.fixture
def why(alice: User, as_user: Callable[[User], Client]) -> Callable[[Turn], dict[str, Any]]:
    return lambda turn: as_user(alice).get(f"/api/turns/{turn.pk}/receipt").json()


def replied(say: Say, text: str = "Who built the lamp?") -> Turn:
    turn = say(text).turn
    reply_to(turn)
    return turn


def test_a_receipt_has_memories_traits_lore_and_settings_as_they_were(
    say: Say, learn: Learn, jane: Persona, why: Any
) -> None:
    book = {"entries": [{"content": "{{char}} built the lamp.", "keys": [["lamp", True, True]], "tokens": 5}]}
    Card.objects.create(persona=jane, book=book)
    Persona.objects.filter(pk=jane.pk).update(
        has_book=True, temperature=0.3, max_tokens=99, traits={"warmth": 90}, communication_style="concise"
    )
    memory = learn(SECRET)
    turn = replied(say)
    Persona.objects.filter(pk=jane.pk).update(temperature=0.9, traits={}, has_book=False)

    receipt = why(turn)
    assert receipt["memories"] == [
        {"id": memory.pk, "kind": "fact", "text": SECRET, "is_there": True, "is_general": False}
    ]
    assert receipt["lore"] == ["Jane built the lamp."]
    assert receipt["traits"][0].startswith("Warmth is very high (90 of 100)")
    assert receipt["style"][0] == "concise"
    settings = (receipt["temperature"], receipt["max_tokens"], receipt["messages"], receipt["model"])
    assert settings == (0.3, 99, 1, "say:Aha.")


def test_each_memory_leads_to_its_place_in_the_explorer(
    say: Say, learn: Learn, alice: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn(SECRET)
    turn = replied(say)

    page = as_user(alice).get(f"/chat/turns/{turn.pk}/story/").content.decode()
    assert f'<a href="/memory/{memory.pk}/">{SECRET}</a>' in page


def test_what_was_deleted_or_replaced_since_is_named_without_its_text(
    say: Say, learn: Learn, why: Any, alice: User, as_user: Callable[[User], Client]
) -> None:
    first, second = learn(SECRET), learn("Lives in Bergen.")
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)
    turn = replied(say)
    contradict(second, text="Lives in Oslo.", origin=Origin.MODEL)
    forget(Memory.objects.filter(pk=first.pk))

    told = [(each["text"], each["is_there"], each["is_general"]) for each in why(turn)["memories"]]
    assert told == [("", False, False), ("", False, False), ("The library opens at nine.", True, True)]
    page = as_user(alice).get(f"/chat/turns/{turn.pk}/story/").content.decode()
    assert "2 deleted or replaced since" in page
    assert "Pudding" not in page


def test_the_fallback_voice_has_used_nothing(say: Say, learn: Learn, why: Any) -> None:
    Provider.objects.all().delete()
    learn(SECRET)

    receipt = why(replied(say))
    assert (receipt["is_fallback"], receipt["memories"], receipt["traits"]) == (True, [], [])


def test_before_there_is_a_reply_there_is_no_receipt(
    say: Say, alice: User, as_user: Callable[[User], Client]
) -> None:
    answer = as_user(alice).get(f"/api/turns/{say().turn.pk}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (404, "reply_missing")


def test_a_receipt_is_its_owners_and_for_the_few_who_may_read_their_chats(
    say: Say, learn: Learn, bob: User, charlie: User, vic: User, as_user: Callable[[User], Client]
) -> None:
    learn(SECRET)
    address = f"/api/turns/{replied(say).pk}/receipt"
    assert [as_user(each).get(address).status_code for each in (bob, charlie, vic)] == [404, 404, 404]

    vic.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    answer = as_user(User.objects.get(pk=vic.pk)).get(address)
    assert answer.json()["memories"][0]["text"] == SECRET
    entry = AuditEntry.objects.get(action="receipt.read")
    assert (entry.actor, entry.target) == ("vic", "alice")


def test_a_number_beyond_all_turns_has_no_receipt(alice: User, as_user: Callable[[User], Client]) -> None:
    answer = as_user(alice).get(f"/api/turns/{10**30}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (404, "turn_not_found")
