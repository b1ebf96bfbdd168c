"""Events are kept in order, told at once, and read again without a gap."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.keys import make_key
from accounts.models import User
from accounts.rights import Role
from accounts.roles import give_role
from core import events
from core.threads import in_database_thread
from diagnostics.activity import recording
from diagnostics.activity.recording import Recording, store
from diagnostics.models import Event
from diagnostics.tasks import tidy
from tests.chat.sockets import Socket, login_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorded() -> Iterator[None]:
    with Recording():
        yield


def happen(count: int, *, kind: str = "call_failed") -> None:
    at = timezone.now()
    store([Event(kind=kind, facts={"provider": "main", "code": "timed_out"}, at=at) for _ in range(count)])


@pytest.mark.both_databases
def test_what_is_emitted_is_kept(recorded: None, eventually: Callable[..., None]) -> None:
    events.emit("circuit_opened", provider="main")

    eventually(Event.objects.exists)
    event = Event.objects.get()
    assert (event.kind, event.facts) == ("circuit_opened", {"provider": "main"})


@pytest.mark.both_databases
def test_what_many_emit_at_once_is_all_kept_when_the_process_ends() -> None:
    def emit_some() -> None:
        for number in range(100):
            events.emit("counted", number=number)

    with Recording():
        threads = [threading.Thread(target=emit_some) for _ in range(5)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert Event.objects.count() == 500


def test_when_too_many_wait_the_rest_is_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_WAITING", 3)
    before = recording.LOST._value.get()
    full = Recording()  # nobody takes anything out

    for _ in range(5):
        full.take("counted", {})

    assert recording.LOST._value.get() == before + 2


def test_nothing_is_heard_any_more_when_the_process_has_ended() -> None:
    with Recording():
        pass
    events.emit("counted")

    assert not Event.objects.exists()


def test_a_fact_that_cannot_be_stored_does_not_stop_what_follows(
    recorded: None, eventually: Callable[..., None]
) -> None:
    events.emit("counted", number=object())
    events.emit("counted", number=1)
    events.emit("counted", number=2)

    events.emit("last")
    eventually(lambda: Event.objects.filter(kind="last").exists() or events.emit("last"))


@pytest.mark.both_databases
def test_events_get_their_numbers_in_the_order_of_their_commits() -> None:
    is_held, may_go = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        from django.db import transaction

        with transaction.atomic():
            store([Event(kind="first", at=timezone.now())])
            is_held.set()
            may_go.wait(5)
        connection.close()

    def add_another() -> None:
        store([Event(kind="second", at=timezone.now())])
        connection.close()

    first, second = threading.Thread(target=hold_the_lock), threading.Thread(target=add_another)
    first.start()
    is_held.wait(5)
    second.start()
    assert not Event.objects.exists(), "the second is seen before the first"
    may_go.set()
    first.join()
    second.join()

    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["first", "second"]


def test_old_events_are_forgotten() -> None:
    store([Event(kind="old", at=timezone.now() - timedelta(days=15)), Event(kind="new", at=timezone.now())])

    tidy()

    assert [each.kind for each in Event.objects.all()] == ["new"]


def test_reading_page_by_page_misses_nothing(vic: User, as_user) -> None:
    happen(7)
    read, after, has_more = [], 0, True
    while has_more:
        page = as_user(vic).get(f"/api/activity?after={after}&limit=3").json()
        read += [each["id"] for each in page["events"]]
        after, has_more = page["last"], page["has_more"]

    assert read == list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_without_a_cursor_the_newest_come(vic: User, as_user) -> None:
    happen(5)

    page = as_user(vic).get("/api/activity?limit=2").json()

    assert [each["id"] for each in page["events"]] == list(
        Event.objects.order_by("pk").values_list("pk", flat=True)[3:]
    )
    assert page["events"][0]["text"] == "main failed: timed_out"


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=201", f"after={2**63}"])
def test_a_cursor_that_is_none_is_refused(query: str, vic: User, as_user) -> None:
    assert as_user(vic).get(f"/api/activity?{query}").status_code == 400


def test_others_do_not_see_it(alice: User, as_user) -> None:
    assert as_user(alice).get("/api/activity").status_code == 403
    assert Client().get("/api/activity").status_code == 401


def watching(cookie: str = "", **options: str) -> Socket:
    return Socket(path="/ws/activity", cookie=cookie, **options)


async def test_the_stream_begins_with_the_newest_and_tells_what_follows(vic: User) -> None:
    await in_database_thread(happen, 2)
    async with watching(await in_database_thread(login_of, vic)) as socket:
        first = await socket.hello()
        await in_database_thread(happen, 1, kind="failover")
        second = await socket.hears()

    assert [each["kind"] for each in first["events"]] == ["call_failed", "call_failed"]
    assert [each["kind"] for each in second["events"]] == ["failover"]
    assert second["id"] > first["id"]


async def test_who_comes_back_hears_what_was_missed_and_no_more(vic: User) -> None:
    cookie = await in_database_thread(login_of, vic)
    await in_database_thread(happen, 2)
    async with watching(cookie) as socket:
        last = (await socket.hello())["id"]
    await in_database_thread(happen, 250)

    async with watching(cookie) as socket:
        await socket.say("hello", after=last)
        heard = [each["id"] for each in (await socket.hears())["events"]]
        heard += [each["id"] for each in (await socket.hears())["events"]]

    stored = await in_database_thread(lambda: list(Event.objects.order_by("pk").values_list("pk", flat=True)))
    assert heard == stored[2:]


async def test_an_empty_stream_says_so(vic: User) -> None:
    async with watching(await in_database_thread(login_of, vic)) as socket:
        assert (await socket.hello())["events"] == []


async def test_a_ping_is_answered_and_a_message_is_refused(vic: User) -> None:
    async with watching(await in_database_thread(login_of, vic)) as socket:
        await socket.say("ping")
        assert (await socket.hears())["type"] == "pong"
        await socket.send("Hello")
        assert (await socket.hears())["code"] == "frame_malformed"


async def test_who_may_not_see_diagnostics_is_refused(alice: User) -> None:
    async with watching(await in_database_thread(login_of, alice)) as socket:
        assert await socket.closing_code() == 4403
    async with watching() as socket:
        assert await socket.closing_code() == 4401


async def test_a_page_of_another_origin_is_refused(vic: User) -> None:
    cookie = await in_database_thread(login_of, vic)

    assert not await watching(cookie, origin="https://elsewhere.example").connect()


async def test_who_loses_the_right_hears_nothing_more(vic: User) -> None:
    async with watching(await in_database_thread(login_of, vic)) as socket:
        await socket.hello()
        await in_database_thread(vic.groups.clear)
        await in_database_thread(happen, 1)

        assert await socket.closing_code() == 4403
        assert len(socket.events) == 1


async def test_who_is_switched_off_is_sent_away(vic: User) -> None:
    def switch_off() -> None:
        vic.is_active = False
        vic.save()

    async with watching(await in_database_thread(login_of, vic)) as socket:
        await socket.hello()
        await in_database_thread(switch_off)

        assert await socket.closing_code() in {4401, 4403}


async def test_a_key_needs_the_scope_of_diagnostics(vic: User) -> None:
    def keys() -> list[str]:
        return [make_key(vic, name="k", scopes=each).text for each in (["chat", "diagnostics"], ["chat"])]

    may, may_not = await in_database_thread(keys)
    async with watching(authorization=f"Bearer {may}") as socket:
        assert (await socket.hello())["type"] == "activity"
    async with watching(authorization=f"Bearer {may_not}") as socket:
        assert await socket.closing_code() == 4403


def test_somebody_who_is_made_a_viewer_may_read_it(charlie: User, as_user) -> None:
    give_role(charlie, Role.VIEWER)

    assert as_user(charlie).get("/api/activity").status_code == 200
