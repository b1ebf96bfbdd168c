"""Lists of thousands: a page at a time, and no slower for what is not on it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, User
from chat.models import Session
from personas.models import Persona
from usage.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MANY = 1_200


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def add_sessions(owner: User, count: int, *, is_archived: bool = False) -> None:
    """Three of them at each minute."""
    now = timezone.now()
    made = Session.objects.bulk_create(
        Session(owner=owner, is_archived=is_archived, title=f"Talk {number}.") for number in range(count)
    )
    for number, session in enumerate(made):
        session.last_activity_at = now - timedelta(minutes=number // 3)
    Session.objects.bulk_update(made, ["last_activity_at"])


def pages(browser: Client, path: str) -> Iterator[str]:
    address = path
    while address:
        page = browser.get(address).content.decode()
        yield page
        older = re.search(r'href="(\?after=[^"]+)"', page)
        address = path + older[1] if older else ""


@pytest.mark.parametrize(("path", "is_archived"), [("/chat/all/", False), ("/chat/archive/", True)])
def test_a_list_is_read_page_by_page_each_session_once_the_latest_first(
    browser: Client, alice: User, path: str, is_archived: bool
) -> None:
    add_sessions(alice, 120, is_archived=is_archived)

    seen = [re.findall(r">Talk (\d+)\.</a>", page) for page in pages(browser, path)]

    assert [len(each) for each in seen] == [50, 50, 20]
    numbers = [int(number) for each in seen for number in each]
    assert sorted(numbers) == list(range(120))
    assert [number // 3 for number in numbers] == sorted(number // 3 for number in numbers)


@pytest.mark.parametrize("after", ["2", "yesterday_x", "2026-11-21T10:00:00_9", "²", "%00"])
def test_what_is_no_place_in_the_list_is_its_beginning(browser: Client, alice: User, after: str) -> None:
    add_sessions(alice, 3)

    assert ">Talk 0.</a>" in browser.get(f"/chat/all/?after={after}").content.decode()


def test_the_sidebar_shows_fifty_and_leads_to_the_others(browser: Client, alice: User) -> None:
    add_sessions(alice, 50)
    assert "All chats" not in browser.get("/chat/sessions/").content.decode()

    add_sessions(alice, 1)
    page = browser.get("/chat/sessions/").content.decode()
    assert page.count("session-item") == 50
    assert 'href="/chat/all/"' in page


def add_rows(owner: User, count: int) -> None:
    Session.objects.bulk_create(Session(owner=owner, title=f"Talk {number}") for number in range(count))
    Session.objects.bulk_create(
        Session(owner=owner, title=f"Talk {number}", is_archived=True) for number in range(count)
    )
    Persona.objects.bulk_create(
        Persona(slug=f"p{count}-{number}", name=f"Number {number}") for number in range(count)
    )
    AuditEntry.objects.bulk_create(AuditEntry(action="login.succeeded") for _ in range(count))
    Call.objects.bulk_create(Call(provider="openai", model="m", purpose="chat") for _ in range(count))


LISTS = (
    *("/chat/", "/chat/sessions/", "/chat/all/", "/chat/archive/", "/personas/"),
    *("/admin/usage/call/", "/admin/accounts/auditentry/", "/admin/personas/persona/"),
)


def test_lists_take_no_more_statements_and_hardly_more_html_for_a_thousand_rows(
    client: Client, sue: User
) -> None:
    client.force_login(sue)

    def look(path: str) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        assert answer.status_code == 200
        return len(asked), len(answer.content)

    add_rows(sue, 110)
    for path in LISTS:
        look(path)  # what is asked for once only
    few = {path: look(path) for path in LISTS}
    add_rows(sue, MANY)
    many = {path: look(path) for path in LISTS}

    assert [path for path in LISTS if many[path][0] > few[path][0]] == []
    assert [path for path in LISTS if many[path][1] > few[path][1] * 1.1] == []
