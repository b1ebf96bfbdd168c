"""Rights that are taken away count from the next request on."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/sessions", "/api/personas", "/api/turns/1"])
def test_who_was_switched_off_is_nobody_at_once(
    alice: User, as_user: Callable[[User], Client], path: str
) -> None:
    browser = as_user(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    answer = browser.get(path)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_who_was_switched_off_can_send_nothing(alice: User, as_user: Callable[[User], Client]) -> None:
    browser = as_user(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert browser.post("/api/sessions", {}, content_type="application/json").status_code == 401


def test_who_lost_the_role_sees_the_configuration_no_more(
    sue: User, as_user: Callable[[User], Client]
) -> None:
    browser = as_user(sue)
    assert browser.get("/api/config").status_code == 200
    sue.groups.clear()

    answer = browser.get("/api/config")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_changed_password_ends_the_other_logins(alice: User, as_user: Callable[[User], Client]) -> None:
    browser = as_user(alice)
    alice.set_password("another one, just as long")
    alice.save()

    assert browser.get("/api/sessions").status_code == 401
