"""What a person sees and changes of what personas know: over the API and on the pages."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, User
from accounts.rights import Right
from chat.models import Session
from chat.services import submit_message
from memory.models import Kind, Memory, Origin
from memory.services import compress, contradict, usable
from personas.models import Persona

Learn = Callable[..., Memory]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECRET = "Is called Pudding by her sister."


@pytest.fixture
def mine(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


@pytest.fixture
def reader(vic: User, as_user: Callable[[User], Client]) -> Client:
    """Vic, who may read what others wrote."""
    vic.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    return as_user(vic)


def texts(client: Client, path: str = "warm", **query: Any) -> list[str]:
    return [each["text"] for each in client.get(f"/api/bots/jane/memory/{path}", query).json()["results"]]


def send(client: Client, method: str, path: str, **data: Any) -> Any:
    return getattr(client, method)(path, json.dumps(data), content_type="application/json")


def test_everybody_sees_what_is_about_themselves_and_what_holds_for_everybody(
    learn: Learn, mine: Client, bob: User, charlie: User, sue: User, as_user: Callable[[User], Client]
) -> None:
    learn(SECRET)
    learn("Plays the drums.", person=bob)
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)

    assert texts(mine) == ["The library opens at nine.", SECRET]
    assert texts(as_user(bob)) == ["The library opens at nine.", "Plays the drums."]
    assert [texts(as_user(each)) for each in (charlie, sue)] == [["The library opens at nine."]] * 2


def test_a_secret_is_on_no_page_and_in_no_answer_for_anybody_else(
    learn: Learn, bob: User, charlie: User, sue: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn(SECRET)
    places = [
        *("/memory/", "/memory/of/jane/", "/memory/of/jane/?q=Pudding", f"/memory/{memory.pk}/"),
        *(f"/api/bots/jane/memory{each}" for each in ("", "/warm", "/cold", "/export", "/warm?q=Pudding")),
        *("/api/search?q=Pudding", "/chat/search/?q=Pudding", "/api/activity", "/api/personas/jane/prompt"),
        *(
            "/admin/memory/memory/",
            f"/admin/memory/memory/{memory.pk}/change/",
            "/api/bots/jane/memory/warm?person=alice",
        ),
    ]
    for person in (bob, charlie, sue):
        client = as_user(person)
        for place in places:
            answer = client.get(place, follow=True)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert b"called Pudding" not in body, (person, place)


def test_nobody_else_changes_or_deletes_it(
    learn: Learn, bob: User, sue: User, as_user: Callable[[User], Client]
) -> None:
    memory = learn(SECRET)
    for person in (bob, sue):
        client = as_user(person)
        assert send(client, "patch", f"/api/memories/{memory.pk}", text="x").status_code == 404
        assert client.delete(f"/api/memories/{memory.pk}").status_code == 404
        assert client.post(f"/memory/{memory.pk}/", {"text": "x", "kind": "fact"}).status_code == 404
        assert client.post(f"/memory/{memory.pk}/delete/").status_code == 404
        client.delete("/api/bots/jane/memory")
        client.post("/memory/of/jane/forget/")

    assert Memory.objects.get().text == SECRET


def test_who_may_read_the_chats_of_others_sees_their_memories_and_it_is_audited(
    learn: Learn, reader: Client
) -> None:
    learn(SECRET)

    assert texts(reader, person="alice") == [SECRET]
    assert texts(reader) == []
    entry = AuditEntry.objects.get(action="memories.read")
    assert (entry.actor, entry.target) == ("vic", "alice")
    assert reader.get("/api/bots/jane/memory/warm?person=nobody").status_code == 404


def test_pages_have_fifty_warm_and_ten_cold_memories(learn: Learn, mine: Client) -> None:
    for number in range(51):
        learn(f"Fact {number}.")
    for number in range(11):
        compress([learn(f"Old {number}.")], text=f"Summary {number}.", begins_at=NOON, ends_at=NOON)
    learn("Plays.", kind=Kind.INTEREST)

    warm = mine.get("/api/bots/jane/memory/warm?kind=fact").json()
    assert (len(warm["results"]), warm["next_offset"]) == (50, 50)
    rest = mine.get("/api/bots/jane/memory/warm?kind=fact&offset=50").json()
    assert ([each["text"] for each in rest["results"]], rest["next_offset"]) == (["Fact 0."], None)
    cold = mine.get("/api/bots/jane/memory/cold").json()
    assert (len(cold["results"]), cold["next_offset"]) == (10, 10)
    assert texts(mine, limit=2) == ["Plays.", "Fact 50."]

    page = mine.get("/memory/of/jane/").content.decode()
    assert page.count("Load more") == 2
    more = mine.get("/memory/of/jane/?kind=fact&offset=50", headers={"HX-Request": "true"}).content.decode()
    assert ("Fact 0." in more, "Load more" in more, "<html" in more) == (True, False, False)
    assert "Fact 0." in mine.get("/memory/of/jane/?kind=fact&offset=50").content.decode()


def test_words_are_found_in_ones_own_memories(learn: Learn, mine: Client) -> None:
    learn("Plays the cello.")
    learn("Lives in Oslo.")

    assert texts(mine, q="cello") == ["Plays the cello."]
    page = mine.get("/memory/of/jane/?q=oslo").content.decode()
    assert ("Lives in Oslo." in page, "cello" in page) == (True, False)
    assert "Nothing with these words" in mine.get("/memory/of/jane/?q=drums").content.decode()
    assert "Give a word to look for" in mine.get("/memory/of/jane/?q=...").content.decode()


def test_a_person_adds_changes_and_deletes_over_the_api(mine: Client, alice: User, jane: Persona) -> None:
    added = send(mine, "post", "/api/bots/jane/memory", text="Plays the cello.", kind="interest").json()
    assert (added["origin"], added["kind"], added["importance"]) == ("person", "interest", 5)
    changed = send(mine, "patch", f"/api/memories/{added['id']}", text="Plays the viola.").json()
    assert (changed["text"], changed["version"]) == ("Plays the viola.", 2)
    assert mine.delete(f"/api/memories/{added['id']}").json() == {"forgotten": 1}

    assert texts(mine) == []
    entries = AuditEntry.objects.filter(action__startswith="memor").order_by("pk")
    done = [each.removeprefix("memory.") for each in entries.values_list("action", flat=True)]
    assert done == ["added", "changed", "deleted"]
    assert "viola" not in str(list(AuditEntry.objects.values()))


def test_a_person_adds_changes_and_deletes_on_the_pages(mine: Client, learn: Learn) -> None:
    mine.post("/memory/of/jane/add/", {"text": "Plays the cello.", "kind": "interest", "importance": "8"})
    memory = Memory.objects.get()
    page = mine.get("/memory/of/jane/").content.decode()
    assert "Plays the cello." in page
    mine.post(f"/memory/{memory.pk}/", {"text": "Plays the viola.", "kind": "fact", "importance": "3"})
    memory.refresh_from_db()
    assert (memory.text, memory.kind, memory.importance) == ("Plays the viola.", "fact", 3)
    mine.post(f"/memory/{memory.pk}/delete/")

    assert not usable().exists()
    assert "knows nothing about you yet" in mine.get("/memory/of/jane/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"text": " "}, {"text": "x" * 501}, {"text": "x", "kind": "summary"}, {"text": "x", "importance": "11"}],
)
def test_what_is_no_memory_comes_back_with_a_sentence(
    wrong: dict[str, str], mine: Client, jane: Persona
) -> None:
    answer = mine.post("/memory/of/jane/add/", {"kind": "fact", "importance": "5"} | wrong)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Memory.objects.exists()


def test_what_a_person_puts_right_is_certain_and_theirs(learn: Learn, mine: Client) -> None:
    memory = learn("Plays the cello.", confidence=0.3, sources=[1])
    send(mine, "patch", f"/api/memories/{memory.pk}", importance=9)
    memory.refresh_from_db()
    assert (memory.origin, memory.confidence) == ("model", 0.3)

    send(mine, "patch", f"/api/memories/{memory.pk}", text="Plays the viola.")
    memory.refresh_from_db()
    assert (memory.origin, memory.confidence) == ("person", 1.0)


def test_everything_is_exported_and_forgotten(learn: Learn, mine: Client, bob: User) -> None:
    old = learn("Lives in Bergen.")
    contradict(old, text="Lives in Oslo.", origin=Origin.MODEL, sources=[7])
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)
    learn("Plays the drums.", person=bob)

    answer = mine.get("/api/bots/jane/memory/export")
    file = json.loads(b"".join(answer.streaming_content))
    assert [each["text"] for each in file["memories"]] == ["Lives in Oslo."]
    assert (file["memories"][0]["messages"], file["memories"][0]["before"]) == ([7], ["Lives in Bergen."])
    assert mine.delete("/api/bots/jane/memory").json() == {"forgotten": 2}
    assert set(Memory.objects.values_list("text", flat=True)) == {
        "The library opens at nine.",
        "Plays the drums.",
    }


def test_the_message_that_a_memory_came_from_is_a_link_away(
    learn: Learn, mine: Client, alice: User, bob: User, jane: Persona, as_user: Callable[[User], Client]
) -> None:
    said = submit_message(alice, text="I play the cello.", client_id="one").message
    learn("Plays the cello.", sources=[said.pk])

    assert f"/chat/messages/{said.pk}/" in mine.get("/memory/of/jane/").content.decode()
    there = mine.get(f"/chat/messages/{said.pk}/")
    assert there["Location"] == f"/chat/{said.session_id}/?at=1#message-{said.pk}"
    assert as_user(bob).get(f"/chat/messages/{said.pk}/").status_code == 404
    Session.objects.update(deleted_at=NOON)
    assert mine.get(f"/chat/messages/{said.pk}/").status_code == 404


def test_switches_are_shown_and_turned(
    learn: Learn, mine: Client, dora: User, as_user: Callable[[User], Client]
) -> None:
    learn("Plays the cello.")
    assert mine.get("/api/bots/jane/memory").json() == {
        "persona": "jane",
        "is_on": True,
        "is_on_for_all": True,
        "is_on_for_persona": True,
        "is_on_for_you": True,
        "warm": {"fact": 1, "relationship": 0, "opinion": 0, "interest": 0},
        "cold": 0,
    }
    send(mine, "put", "/api/memory", is_on=False)
    assert "You are not remembered" in mine.get("/memory/").content.decode()
    assert "None of it is used now" in mine.get("/memory/of/jane/").content.decode()
    mine.post("/memory/switch/", {"is_on": "true"})
    assert mine.get("/api/bots/jane/memory").json()["is_on"]

    assert send(mine, "put", "/api/bots/jane/memory", is_on=False).status_code == 403
    assert not send(as_user(dora), "put", "/api/bots/jane/memory", is_on=False).json()["is_on"]
    assert not Persona.objects.get(slug="jane").has_memory


def test_text_of_a_memory_is_shown_as_text(learn: Learn, mine: Client) -> None:
    learn("<script>alert(1)</script> & more")

    page = mine.get("/memory/of/jane/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page
    assert "<script>alert" not in page


def test_a_page_takes_the_same_statements_however_many_memories_there_are(
    learn: Learn, mine: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        learn(f"Fact {number}.", sources=[number])

    with django_assert_max_num_queries(14):
        mine.get("/memory/of/jane/")
    with django_assert_max_num_queries(9):
        mine.get("/api/bots/jane/memory/warm")
