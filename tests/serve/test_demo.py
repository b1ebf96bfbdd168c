"""`make demo`: a VALIS with a past, which asks no model and touches nothing that is somebody's."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts.models import User
from chat.models import Message, Session
from personas.loading import load_shipped
from personas.shipped_files import read_shipped
from tests.browser.conftest import ARGUMENTS
from tests.browser.watching import Watch
from tests.harness.browsers import CHROMIUMS, path_of
from tests.harness.person import Person
from tests.harness.valis import PASSWORD, Demo
from valis_site.demo.filling import VISITORS
from valis_site.demo.folder import prepared
from valis_site.demo.visiting import Visitors, _lines


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo") / "data"
    elsewhere = "postgres://nobody@127.0.0.1:1/of-somebody-else"
    with Demo(data, DATABASE_URL=elsewhere, OPENAI_API_KEY="sk-not-to-be-used") as process:
        yield process


@pytest.fixture(scope="module")
def person(demo: Demo) -> Person:
    return Person(demo.url).log_in("demo")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of(CHROMIUMS), args=ARGUMENTS)
        yield browser
        browser.close()


def _logged_in(chromium: Browser, demo: Demo, username: str, watch: Watch) -> Page:
    context = chromium.new_context()
    watch.follow(context)
    page = context.new_page()
    page.goto(f"{demo.url}/accounts/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/chat/**")
    return page


def chats_of(person: Person) -> list[Any]:
    kinds = ("active=true", "active=false", "archived=true")
    return [chat for kind in kinds for chat in person.get(f"/api/sessions?limit=100&{kind}")["results"]]


def rows(demo: Demo, select: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(demo.data / "valis.sqlite3") as database:
        return database.execute(select).fetchall()


def test_there_are_chats_of_several_days_with_every_persona(person: Person) -> None:
    chats = chats_of(person)

    assert len({chat["created_at"][:10] for chat in chats}) > 5
    assert len({chat["persona"]["slug"] for chat in chats}) == 9
    assert [chat["title"] for chat in chats if chat["is_pinned"]]


def test_no_reply_says_that_a_model_wrote_it(demo: Demo) -> None:
    speakers = rows(
        demo, "SELECT DISTINCT json_extract(provider, '$.name') FROM chat_attempt WHERE status = 'complete'"
    )

    assert {name for (name,) in speakers} == {"scripted", "fallback"}


def test_one_chat_shows_a_failover_and_another_the_fallback_voice(demo: Demo, person: Person) -> None:
    titles = {chat["title"]: chat["id"] for chat in chats_of(person)}
    failover = next(titles[title] for title in titles if "nightly job" in title)
    fallback = next(titles[title] for title in titles if "cannot sleep" in title)

    assert 'data-kind="fallback"' in person.page(f"/chat/{fallback}/")
    turn = next(entry for entry in person.get(f"/api/sessions/{failover}")["turns"])
    story = person.page(f"/chat/turns/{turn['id']}/story/")
    assert story.index('data-outcome="failed"') < story.index('data-outcome="answered"')


def test_the_ledger_and_the_activity_tell_of_every_reply(demo: Demo) -> None:
    ((turns,),) = rows(demo, "SELECT COUNT(*) FROM chat_turn")
    ((counted,),) = rows(demo, "SELECT COUNT(DISTINCT turn_id) FROM usage_call")
    ((told,),) = rows(demo, "SELECT COUNT(*) FROM diagnostics_event WHERE kind LIKE 'reply_%'")
    ((unpriced,),) = rows(demo, "SELECT COUNT(*) FROM usage_call WHERE cost_usd IS NULL")

    assert counted == told == turns > 30
    assert unpriced == 0


def test_personas_know_something_of_the_person_they_talk_with(person: Person) -> None:
    assert "Has a brother" in person.page("/memory/of/noor/")


def test_nothing_is_said_in_the_future(demo: Demo) -> None:
    tables = {"chat_message": "created_at", "chat_turn": "finished_at", "usage_call": "started_at"}

    for table, column in tables.items():
        assert rows(demo, f"SELECT COUNT(*) FROM {table} WHERE {column} > datetime('now')") == [(0,)]


def test_a_circuit_is_open(demo: Demo) -> None:
    assert rows(demo, "SELECT provider FROM providers_circuit WHERE state = 'open'") == [("flaky",)]


@pytest.mark.browser
def test_somebody_looks_around_and_is_answered(chromium: Browser, demo: Demo) -> None:
    watch = Watch(demo.url)
    page = _logged_in(chromium, demo, "demo", watch)
    page.locator("#sidebar a", has_text="nightly job").click()
    page.locator(".turn [data-action=story]").first.click()
    expect(page.locator("#story [data-outcome=failed]")).to_contain_text("flaky")
    page.keyboard.press("Escape")

    page.goto(f"{demo.url}/chat/?persona=kit")
    page.fill("#composer-text", "Are you a model?")
    page.keyboard.press("Enter")

    turn = page.locator(".turn").last
    expect(turn.locator("[data-slot=text]")).not_to_be_empty()
    expect(turn).to_have_attribute("data-status", "complete")
    expect(turn.locator("[data-slot=provider]")).to_contain_text("scripted · demo")
    expect(turn.locator("[data-slot=html]")).to_contain_text("script")
    assert not watch.problems


@pytest.mark.browser
def test_the_live_page_is_full_of_life(chromium: Browser, demo: Demo) -> None:
    page = _logged_in(chromium, demo, "staff", Watch(demo.url))
    page.goto(f"{demo.url}/diagnostics/")

    expect(page.locator("#tile-providers tbody tr", has_text="flaky")).to_be_visible()
    expect(page.locator("#tile-circuits .circuit-open")).to_have_count(1)
    expect(page.locator("#tile-requests")).to_contain_text("$0.")
    expect(page.locator("#activity-list")).to_contain_text("scripted is asked in the place of flaky")


def test_a_key_of_the_environment_is_not_used(demo: Demo) -> None:
    assert "openai" not in demo.output()
    assert rows(demo, "SELECT name FROM providers_provider WHERE is_enabled ORDER BY priority") == [
        ("scripted",),
        ("backup",),
        ("flaky",),
    ]


def test_started_again_it_is_as_it_was(demo: Demo, person: Person) -> None:
    mine = person.new_session("kit")
    before = rows(demo, "SELECT id FROM chat_session ORDER BY id")
    demo.stop()
    demo.start()

    assert rows(demo, "SELECT id FROM chat_session ORDER BY id") == before
    assert person.get(f"/api/sessions/{mine}")["session"]["persona"]["slug"] == "kit"


def test_fresh_it_has_an_empty_folder_to_begin_in(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data", fresh=False)
    (folder / "logs").mkdir()
    (folder / "valis.sqlite3").write_text("what was done in it")

    assert prepared(folder, fresh=False) == folder
    assert (folder / "valis.sqlite3").exists()
    prepared(folder, fresh=True)
    assert not (folder / "valis.sqlite3").exists()
    assert not (folder / "logs").exists()
    prepared(folder, fresh=True)


@pytest.mark.django_db
def test_visitors_go_on_in_chats_of_their_own() -> None:
    load_shipped()
    User.objects.create_user(VISITORS[0])
    visitors = Visitors()
    for persona, text in (("jane", "Hello."), ("kit", "Why?"), ("jane", "And now?")):
        visitors._say(VISITORS[0], persona, text)

    talked = [message.session.persona.slug for message in Message.objects.order_by("pk")]
    assert talked == ["jane", "kit", "jane"]
    assert Session.objects.count() == 2


def test_visitors_know_whom_they_talk_to() -> None:
    assert {persona for persona, _ in _lines()} <= {each["slug"] for each in read_shipped()}


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "data"
    mine.mkdir()
    (mine / "valis.sqlite3").write_text("of somebody")

    refusal = Demo(mine, "--fresh").refusal()

    assert refusal.returncode == 1
    assert "holds something else" in refusal.stdout
    assert "Traceback" not in refusal.stdout
    assert (mine / "valis.sqlite3").read_text() == "of somebody"


def test_fresh_is_refused_while_a_demo_runs_there(demo: Demo) -> None:
    refusal = Demo(demo.data, "--fresh").refusal()

    assert refusal.returncode == 1
    assert "Another VALIS" in refusal.stdout
    assert "Traceback" not in refusal.stdout
