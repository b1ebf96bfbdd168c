"""The configuration in force, for staff."""

import pytest
from django.test import Client

from accounts.models import User
from providers.models import EngineSettings

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "sk-VALISCANARY-0123456789"


def test_staff_see_the_limits_and_the_cascade(sue: User, as_user, provider) -> None:
    provider("say:hi", name="first", priority=1)
    EngineSettings.objects.create(first_token_timeout=7)

    config = as_user(sue).get("/api/config").json()

    assert config["engine"]["first_token_timeout"] == 7
    assert config["engine"]["silence_timeout"] == 15
    assert [each["name"] for each in config["cascade"]] == ["first", "fallback"]
    assert config["problems"] == []


def test_a_value_that_was_forced_in_is_explained_and_not_used(sue: User, as_user) -> None:
    EngineSettings.objects.create()
    EngineSettings.objects.update(first_token_timeout=-5)

    config = as_user(sue).get("/api/config").json()

    assert config["engine"]["first_token_timeout"] == 20
    assert "first_token_timeout = -5" in config["problems"][0]


def test_others_do_not_see_it(alice: User, as_user) -> None:
    assert as_user(alice).get("/api/config").status_code == 403
    assert Client().get("/api/config").status_code == 401


def test_no_key_is_in_it_nor_on_any_page_of_staff(sue: User, as_user, provider) -> None:
    row = provider("say:hi", api_key=CANARY)
    client = as_user(sue)

    for path in (
        "/api/config",
        "/api/health",
        "/admin/providers/provider/",
        f"/admin/providers/provider/{row.pk}/change/",
        f"/admin/providers/provider/{row.pk}/history/",
    ):
        answer = client.get(path)
        assert answer.status_code in {200, 503}
        assert CANARY not in answer.content.decode()
        assert CANARY[3:] not in answer.content.decode()
