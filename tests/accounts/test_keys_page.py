"""The page of API keys, with and without scripts, and what staff see of keys."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.keys import key_of_bearer, make_key
from accounts.models import ApiKey, AuditEntry, User

pytestmark = pytest.mark.django_db
PAGE = "/accounts/keys/"
AsUser = Callable[[User], Client]
FORM = {"name": "nightly", "scopes": ["chat"], "lifetime": "90"}


def shown_key(page: str) -> str:
    found = re.search(r"valis_\w+_[\w-]{43}", page)
    return found[0] if found else ""


def test_a_new_key_is_shown_once_and_works(alice: User, as_user: AsUser) -> None:
    browser = as_user(alice)

    made = browser.post(PAGE, FORM)

    key = key_of_bearer(f"Bearer {shown_key(made.content.decode())}")
    assert key is not None
    assert (key.owner, key.name, key.scopes) == (alice, "nightly", ["chat"])
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    assert "no-store" in made.headers["Cache-Control"]
    later = browser.get(PAGE).content.decode()
    assert "nightly" in later
    assert not shown_key(later)


def test_a_key_can_be_made_that_does_not_expire(alice: User, as_user: AsUser) -> None:
    as_user(alice).post(PAGE, FORM | {"lifetime": ""})

    assert ApiKey.objects.get().expires_at is None


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": []}, {"lifetime": "7"}, {"scopes": ["diagnostics"]}]
)
def test_what_is_missing_is_said_and_nothing_is_made(
    alice: User, as_user: AsUser, wrong: dict[str, object]
) -> None:
    answer = as_user(alice).post(PAGE, FORM | wrong)

    assert answer.status_code == 400
    assert 'class="errorlist"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_scopes_that_would_give_nothing_are_not_offered(alice: User, vic: User, as_user: AsUser) -> None:
    offered = [
        set(re.findall(r'name="scopes" value="(\w+)"', as_user(each).get(PAGE).content.decode()))
        for each in (alice, vic)
    ]

    assert offered == [{"chat", "read"}, {"chat", "read", "diagnostics"}]


def test_rotating_shows_a_new_key_and_keeps_the_old_one_for_a_day(alice: User, as_user: AsUser) -> None:
    old = make_key(alice, name="nightly", scopes=["chat"])

    page = as_user(alice).post(f"{PAGE}{old.key.pk}/rotate/").content.decode()

    assert key_of_bearer(f"Bearer {shown_key(page)}")
    assert key_of_bearer(f"Bearer {old.text}")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert key_of_bearer(f"Bearer {old.text}") is None


def test_revoking_ends_a_key(alice: User, as_user: AsUser) -> None:
    made = make_key(alice, name="nightly", scopes=["chat"])

    page = as_user(alice).post(f"{PAGE}{made.key.pk}/revoke/").content.decode()

    assert key_of_bearer(f"Bearer {made.text}") is None
    assert "Revoked" in page


def test_a_revoked_key_cannot_be_rotated(alice: User, as_user: AsUser) -> None:
    made = make_key(alice, name="nightly", scopes=["chat"])
    browser = as_user(alice)
    browser.post(f"{PAGE}{made.key.pk}/revoke/")

    assert "does not work any more" in browser.post(f"{PAGE}{made.key.pk}/rotate/").content.decode()
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_the_keys_of_others_are_not_there(alice: User, sue: User, as_user: AsUser, action: str) -> None:
    made = make_key(alice, name="of Alice", scopes=["chat"])
    browser = as_user(sue)

    assert browser.post(f"{PAGE}{made.key.pk}/{action}/").status_code == 404
    assert "of Alice" not in browser.get(PAGE).content.decode()
    assert key_of_bearer(f"Bearer {made.text}")


def test_an_old_key_is_due_for_rotation(alice: User, as_user: AsUser) -> None:
    make_key(alice, name="nightly", scopes=["chat"])
    assert "time to rotate it" not in as_user(alice).get(PAGE).content.decode()
    ApiKey.objects.update(created_at=timezone.now() - timedelta(days=91))

    assert "time to rotate it" in as_user(alice).get(PAGE).content.decode()


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}1/rotate/", f"{PAGE}1/revoke/"])
def test_nothing_is_done_without_the_csrf_token(alice: User, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    assert browser.post(path, FORM).status_code == 403
    assert not ApiKey.objects.exists()


def test_scripts_get_the_part_that_changes(alice: User, as_user: AsUser) -> None:
    browser = as_user(alice)
    whole, part = browser.get(PAGE), browser.post(PAGE, FORM | {"name": ""}, headers={"HX-Request": "true"})

    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert part.status_code == 200


class TestAdmin:
    def test_staff_see_keys_without_their_secrets(self, alice: User, sue: User, as_user: AsUser) -> None:
        made = make_key(alice, name="of Alice", scopes=["chat"])
        browser = as_user(sue)
        pages = [
            browser.get("/admin/accounts/apikey/").content.decode(),
            browser.get(f"/admin/accounts/apikey/{made.key.pk}/change/").content.decode(),
        ]

        for page in pages:
            assert "of Alice" in page
            assert made.text.split("_", 2)[2] not in page
            assert made.key.digest not in page

    def test_staff_revoke_keys_which_is_audited(self, alice: User, sue: User, as_user: AsUser) -> None:
        made = make_key(alice, name="of Alice", scopes=["chat"])
        chosen = {"action": "revoke", "_selected_action": [made.key.pk]}

        as_user(sue).post("/admin/accounts/apikey/", chosen)

        assert key_of_bearer(f"Bearer {made.text}") is None
        assert AuditEntry.objects.get(action="key.revoked").actor == "sue"

    def test_staff_give_a_key_a_limit_of_its_own(self, alice: User, sue: User, as_user: AsUser) -> None:
        made = make_key(alice, name="of Alice", scopes=["chat"])
        address = f"/admin/accounts/apikey/{made.key.pk}/change/"

        as_user(sue).post(address, {"requests_per_minute": 5000, "name": "another", "scopes": "[]"})

        key = ApiKey.objects.get()
        assert (key.requests_per_minute, key.name, key.scopes) == (5000, "of Alice", ["chat"])

    def test_staff_make_no_keys_for_others(self, sue: User, as_user: AsUser) -> None:
        assert as_user(sue).get("/admin/accounts/apikey/add/").status_code == 403
