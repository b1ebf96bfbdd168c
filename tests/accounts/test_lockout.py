"""Somebody tries passwords."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
LOGIN = "/accounts/login/"
TRIES = 5


def log_in(username: str, password: str = PASSWORD, **options: str) -> HttpResponse:
    return Client(**options).post(LOGIN, {"username": username, "password": password})


def guess(username: str, times: int, **options: str) -> HttpResponse:
    return [log_in(username, f"guess {number}", **options) for number in range(times)][-1]


def test_the_fifth_wrong_password_locks_and_says_what_to_do(alice: User) -> None:
    assert guess("alice", TRIES - 1).status_code == 200
    answer = guess("alice", 1)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    page = answer.content.decode()
    assert "locked for 15 minutes" in page
    assert "ask the people who run this VALIS to unlock it" in page
    assert "correct username and password" not in page


def test_then_the_right_password_is_refused_too(alice: User) -> None:
    guess("alice", TRIES)

    assert log_in("alice").status_code == 429


def test_after_a_quarter_of_an_hour_it_works_again(alice: User) -> None:
    guess("alice", TRIES)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert log_in("alice").status_code == 302


def test_trying_on_does_not_make_it_longer(alice: User) -> None:
    guess("alice", TRIES)
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        guess("alice", 3)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert log_in("alice").status_code == 302


def test_a_right_password_before_that_forgets_the_wrong_ones(alice: User) -> None:
    guess("alice", TRIES - 1)
    log_in("alice")

    assert guess("alice", TRIES - 1).status_code == 200


def test_nobody_else_is_locked_out(alice: User, bob: User) -> None:
    guess("alice", TRIES)

    assert log_in("bob").status_code == 302
    assert log_in("alice", REMOTE_ADDR="203.0.113.9").status_code == 302


def test_made_up_addresses_and_clients_do_not_help(alice: User) -> None:
    for number in range(TRIES):
        guess("alice", 1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}", HTTP_USER_AGENT=f"client {number}")

    assert log_in("alice").status_code == 429


def test_a_name_that_nobody_has_is_locked_alike_and_not_kept(alice: User) -> None:
    assert guess("my-secret-password", TRIES).status_code == 429

    kept = str(list(AccessAttempt.objects.values()))
    assert "my-secret-password" not in kept
    assert "guess" not in kept


def test_the_audit_log_says_when_it_was_locked(alice: User) -> None:
    guess("alice", TRIES)

    failed = AuditEntry.objects.filter(action="login.failed", target="alice").order_by("pk")
    assert [entry.details for entry in failed] == [{}] * (TRIES - 1) + [{"locked": True}]


def test_staff_unlock_it_in_admin(alice: User, sue: User, as_user: Callable[[User], Client]) -> None:
    guess("alice", TRIES)
    staff, attempt = as_user(sue), AccessAttempt.objects.get()
    assert "alice" in staff.get("/admin/axes/accessattempt/").content.decode()
    staff.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})

    assert log_in("alice").status_code == 302
    entry = AuditEntry.objects.get(action="accessattempt.deleted")
    assert (entry.actor, entry.target) == ("sue", "alice from 127.0.0.1")


def test_a_command_unlocks_it(alice: User) -> None:
    guess("alice", TRIES)
    call_command("axes_reset_username", "alice")

    assert log_in("alice").status_code == 302


def test_who_is_logged_in_pays_nothing_for_it(alice: User, as_user: Callable[[User], Client]) -> None:
    browser = as_user(alice)
    with CaptureQueriesContext(connection) as queries:
        browser.get("/api/sessions")

    assert queries.captured_queries
    assert not [each["sql"] for each in queries.captured_queries if "axes" in each["sql"]]


class TestAdmin:
    def test_it_has_no_door_of_its_own(self) -> None:
        answer = Client().get("/admin/", follow=True)

        assert answer.redirect_chain[-1][0] == f"{LOGIN}?next=/admin/"

    def test_whom_it_does_not_let_in_is_told_so(self, alice: User, as_user: Callable[[User], Client]) -> None:
        assert as_user(alice).get("/admin/", follow=True).status_code == 403

    def test_passwords_cannot_be_tried_there(self, alice: User) -> None:
        form = {"username": "alice", "password": PASSWORD, "next": "/admin/"}

        assert Client().post("/admin/login/", form).status_code == 405
