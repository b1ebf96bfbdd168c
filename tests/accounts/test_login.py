"""Logging in and out."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.sockets import is_own_origin, user_of_login
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def log_in(password: str = PASSWORD, **more: str) -> Client:
    client = Client()
    client.post(LOGIN, {"username": "alice", "password": password, **more})
    return client


def test_who_logs_in_comes_to_the_chat(alice: User) -> None:
    answer = Client().post(LOGIN, {"username": "alice", "password": PASSWORD})

    assert answer.status_code == 302
    assert answer["Location"] == "/chat/"


def test_who_wanted_a_page_comes_to_it_after_the_login(alice: User) -> None:
    page = Client().get("/chat/?persona=sam")

    assert page["Location"] == f"{LOGIN}?next=/chat/%3Fpersona%3Dsam"


def test_nobody_is_sent_to_another_site(alice: User) -> None:
    answer = Client().post(f"{LOGIN}?next=https://evil.example/", {"username": "alice", "password": PASSWORD})

    assert answer["Location"] == "/chat/"


def test_a_wrong_password_is_said_kindly_and_does_not_log_in(alice: User) -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "alice", "password": "wrong"})

    assert answer.status_code == 200
    assert "correct username and password" in answer.content.decode()
    assert client.get("/chat/").status_code == 302


def test_a_deactivated_person_cannot_log_in(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert log_in().get("/chat/").status_code == 302


def test_logging_out_needs_a_post(alice: User) -> None:
    client = log_in()
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/chat/").status_code == 200

    client.post("/accounts/logout/")
    assert client.get("/chat/").status_code == 302


def test_a_login_form_without_its_token_is_refused(alice: User) -> None:
    answer = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "alice", "password": PASSWORD})

    assert answer.status_code == 403


class TestSockets:
    def test_a_login_names_its_person(self, alice: User) -> None:
        assert user_of_login(log_in().cookies["sessionid"].value) == alice

    @pytest.mark.parametrize("key", ["", "nonsense", "\x00"])
    def test_a_made_up_login_names_nobody(self, key: str, alice: User) -> None:
        assert user_of_login(key) is None

    def test_a_deactivated_person_is_nobody(self, alice: User) -> None:
        key = log_in().cookies["sessionid"].value
        User.objects.filter(pk=alice.pk).update(is_active=False)

        assert user_of_login(key) is None

    def test_a_changed_password_ends_older_logins(self, alice: User) -> None:
        key = log_in().cookies["sessionid"].value
        alice.set_password("another one")
        alice.save()

        assert user_of_login(key) is None

    def test_a_login_that_was_logged_out_names_nobody(self, alice: User) -> None:
        client = log_in()
        key = client.cookies["sessionid"].value
        client.post("/accounts/logout/")

        assert user_of_login(key) is None


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://127.0.0.1:8000", True),
        ("HTTP://127.0.0.1:8000", True),
        ("", False),
        ("null", False),
        ("https://127.0.0.1:8000", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:8001", False),
        ("http://127.0.0.1:8000.evil.example", False),
        ("http://127.0.0.1:8000@evil.example", False),
        ("http://localhost:8000", False),
        ("file://", False),
    ],
)
def test_only_the_servers_own_pages_may_open_sockets(origin: str, is_own: bool) -> None:
    assert is_own_origin(origin, "127.0.0.1:8000", is_secure=False) is is_own


def test_a_listed_origin_may_open_sockets_too(settings) -> None:
    settings.VALIS_ORIGINS = ["https://valis.example.org"]

    assert is_own_origin("https://valis.example.org", "127.0.0.1:8000", is_secure=False)
    assert not is_own_origin("http://valis.example.org", "127.0.0.1:8000", is_secure=False)
