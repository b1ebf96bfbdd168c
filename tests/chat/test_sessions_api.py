"""Sessions and their history over the API."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Session
from chat.services import create_session, stop_turn
from personas.models import Persona
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


@pytest.mark.usefixtures("sam")
def test_a_session_begins_with_the_chosen_persona(browser: Client, jane: Persona, alice: User) -> None:
    answer = browser.post("/api/sessions", {"persona_id": "sam"}, content_type="application/json")

    assert answer.status_code == 201
    assert answer.json()["persona"]["slug"] == "sam"
    assert Session.objects.get(pk=answer.json()["id"]).owner == alice


def test_a_session_begins_with_the_first_persona_otherwise(browser: Client, jane: Persona) -> None:
    answer = browser.post("/api/sessions", {}, content_type="application/json")

    first = Persona.objects.filter(is_active=True).first()
    assert first is not None
    assert answer.json()["persona"]["slug"] == first.slug


def test_a_session_with_an_unknown_persona_is_refused(browser: Client, jane: Persona) -> None:
    answer = browser.post("/api/sessions", {"persona_id": "nobody"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (404, "persona_not_found")
    assert not Session.objects.exists()


def test_sessions_are_listed_the_latest_first(browser: Client, say: Say) -> None:
    first, second = (say(text).message.session for text in ("First", "Second"))
    say("Again", session_id=first.pk)

    results = browser.get("/api/sessions").json()["results"]
    assert [(each["id"], each["title"]) for each in results] == [
        (str(first.pk), "First"),
        (str(second.pk), "Second"),
    ]
    assert results[0]["persona"]["name"] == "Jane"


def test_a_list_of_sessions_is_read_in_pages_without_loss(
    browser: Client, alice: User, jane: Persona
) -> None:
    sessions = [create_session(alice) for _ in range(7)]
    # Two of them at the very same time: the page must not break between them.
    Session.objects.filter(pk__in=[sessions[2].pk, sessions[3].pk]).update(last_activity_at=timezone.now())

    address, seen, pages = "/api/sessions?page_size=3", [], 0
    while address:
        page = browser.get(address).json()
        seen += [each["id"] for each in page["results"]]
        address, pages = page["next"], pages + 1

    assert pages == 3
    assert sorted(seen) == sorted(str(each.pk) for each in sessions)


@pytest.mark.parametrize("size", ["0", "-1", "101", "1000000"])
def test_a_page_of_sessions_is_never_longer_than_a_hundred(
    browser: Client, alice: User, jane: Persona, size: str
) -> None:
    Session.objects.bulk_create([Session(owner=alice, persona=jane) for _ in range(105)])

    answer = browser.get(f"/api/sessions?page_size={size}")

    assert answer.status_code == 400 or 0 < len(answer.json()["results"]) <= 100


def test_idle_sessions_can_be_told_from_active_ones(browser: Client, say: Say) -> None:
    idle, active = say().message.session, say().message.session
    Session.objects.filter(pk=idle.pk).update(last_activity_at=timezone.now() - timedelta(hours=25))

    def listed(query: str) -> list[tuple[str, bool]]:
        results = browser.get(f"/api/sessions{query}").json()["results"]
        return [(each["id"], each["is_active"]) for each in results]

    assert listed("") == listed("?active=true") == [(str(active.pk), True)]
    assert listed("?active=false") == [(str(idle.pk), False)]


def test_writing_in_an_idle_session_makes_it_active_again(browser: Client, say: Say) -> None:
    session = say().message.session
    Session.objects.filter(pk=session.pk).update(last_activity_at=timezone.now() - timedelta(days=30))
    assert browser.get("/api/sessions").json()["results"] == []
    assert browser.get(f"/api/sessions/{session.pk}").json()["session"]["is_active"] is False

    say("I am back", session_id=session.pk)

    (listed,) = browser.get("/api/sessions").json()["results"]
    assert (listed["id"], listed["is_active"]) == (str(session.pk), True)
    assert len(browser.get(f"/api/sessions/{session.pk}").json()["messages"]) == 2


def test_staff_say_how_long_a_session_may_rest(browser: Client, say: Say) -> None:
    session = say().message.session
    Session.objects.filter(pk=session.pk).update(last_activity_at=timezone.now() - timedelta(hours=2))
    EngineSettings.objects.update_or_create(pk=1, defaults={"session_idle_hours": 1})

    assert browser.get("/api/sessions").json()["results"] == []
    assert len(browser.get("/api/sessions?active=false").json()["results"]) == 1


def test_the_sidebar_lists_inactive_sessions_apart_and_last(browser: Client, say: Say) -> None:
    idle, active = say("An old matter").message.session, say("A new matter").message.session
    Session.objects.filter(pk=idle.pk).update(last_activity_at=timezone.now() - timedelta(hours=25))

    page = browser.get("/chat/sessions/").content.decode()

    order = [page.index(text) for text in (f"session-{active.pk}", "Inactive", f"session-{idle.pk}")]
    assert order == sorted(order)


def test_without_inactive_sessions_the_sidebar_says_nothing_of_them(browser: Client, say: Say) -> None:
    assert "No chats yet" in browser.get("/chat/sessions/").content.decode()
    say()

    assert "Inactive" not in browser.get("/chat/sessions/").content.decode()


def test_a_session_shows_its_messages_and_turns(browser: Client, say: Say, provider) -> None:
    provider("say:A *poem*.")
    turn = say("What should I read?").turn
    reply_to(turn)

    conversation = browser.get(f"/api/sessions/{turn.session_id}").json()

    assert conversation["messages"][0]["text"] == "What should I read?"
    (shown,) = conversation["turns"]
    assert (shown["status"], shown["text"], shown["html"]) == (
        "complete",
        "A *poem*.",
        "<p>A <em>poem</em>.</p>\n",
    )
    assert shown["provider"]["name"] == "main"


def test_a_long_session_shows_its_newest_hundred_messages(browser: Client, say: Say) -> None:
    session = say("First").message.session
    for number in range(101):
        say(f"Message {number}", session_id=session.pk)

    conversation = browser.get(f"/api/sessions/{session.pk}").json()

    assert len(conversation["messages"]) == len(conversation["turns"]) == 100
    assert conversation["messages"][-1]["text"] == "Message 100"


def test_a_page_of_a_session_asks_the_database_as_often_for_many_turns_as_for_one(
    browser: Client, say: Say, django_assert_max_num_queries
) -> None:
    session = say("First").message.session
    for number in range(20):
        say(f"Message {number}", session_id=session.pk)

    # Five of them are for what those who wait are told.
    with django_assert_max_num_queries(12):
        browser.get(f"/api/sessions/{session.pk}")


@pytest.mark.usefixtures("sam")
def test_history_tells_who_said_what_and_who_answered(
    browser: Client, say: Say, provider: Callable[..., Provider]
) -> None:
    provider("say:Yes.")
    turn = say("Hello").turn
    reply_to(turn)
    say("And now?", session_id=turn.session_id, persona_slug="sam")

    items = browser.get(f"/api/sessions/{turn.session_id}/messages").json()["items"]

    names = ("persona", "message", "response", "provider", "status")
    assert [tuple(item[name] for name in names) for item in items] == [
        ("jane", "Hello", "Yes.", "main", "complete"),
        ("sam", "And now?", "", "", "queued"),
    ]
    assert {item["session"] for item in items} == {str(turn.session_id)}


def test_history_is_read_backwards_page_by_page_without_loss(browser: Client, say: Say) -> None:
    session = say("Message 0").message.session
    for number in range(1, 7):
        say(f"Message {number}", session_id=session.pk)

    pages: list[list[str]] = []
    before = ""
    while True:
        page = browser.get(f"/api/sessions/{session.pk}/messages?limit=3{before}").json()
        pages.insert(0, [item["message"] for item in page["items"]])
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"

    assert [len(page) for page in pages] == [1, 3, 3]
    assert sum(pages, []) == [f"Message {number}" for number in range(7)]


def test_history_of_an_empty_session_is_empty(browser: Client, alice: User, jane: Persona) -> None:
    session = create_session(alice)

    page = browser.get(f"/api/sessions/{session.pk}/messages").json()
    assert page == {"items": [], "next_before": None}


def test_a_turn_tells_how_it_stands(browser: Client, say: Say) -> None:
    turn = say().turn

    shown = browser.get(f"/api/turns/{turn.pk}").json()
    assert (shown["id"], shown["status"], shown["attempt"]) == (turn.pk, "queued", 0)


def test_a_waiting_turn_is_stopped_and_run_again(browser: Client, say: Say) -> None:
    turn = say().turn

    stopped = browser.post(f"/api/turns/{turn.pk}/stop")
    again = browser.post(f"/api/turns/{turn.pk}/run-again")

    assert (stopped.status_code, stopped.json()["status"], stopped.json()["code"]) == (
        *(202, "cancelled", "stopped"),
    )
    assert (again.status_code, again.json()["status"]) == (202, "queued")


def test_a_turn_that_has_not_ended_badly_cannot_be_run_again(browser: Client, say: Say) -> None:
    answer = browser.post(f"/api/turns/{say().turn.pk}/run-again")

    assert (answer.status_code, answer.json()["code"]) == (409, "turn_not_ended")


@pytest.mark.parametrize("path", ["sessions/{}", "sessions/{}/messages"])
def test_a_session_of_somebody_else_is_as_absent_as_one_that_never_was(
    path: str, say: Say, bob: User, as_user: Callable[[User], Client]
) -> None:
    session = say().message.session
    answers = [
        as_user(bob).get(f"/api/{path.format(each)}", headers={"X-Request-ID": "the-same-id"})
        for each in (session.pk, uuid.uuid4())
    ]

    bodies = [{**answer.json(), "timestamp": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("path", ["turns/{}", "turns/{}/stop", "turns/{}/run-again"])
def test_a_turn_of_somebody_else_is_as_absent_as_one_that_never_was(
    path: str, say: Say, bob: User, as_user: Callable[[User], Client]
) -> None:
    turn = say().turn
    stop_turn(turn)
    browser = as_user(bob)
    answers = [
        (browser.get if path == "turns/{}" else browser.post)(f"/api/{path.format(each)}")
        for each in (turn.pk, 2**40, 2**70)
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "turn_not_found")
    ] * 3
