"""Keys of programs: made, shown once, used, rotated, revoked."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.keys import key_of_bearer, make_key, revoke_key, rotate_key
from accounts.models import ApiKey, AuditEntry, User
from chat.models import Session
from core.errors import InvalidInput
from personas.models import Persona

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def key_text(owner: User, *scopes: str, **more: object) -> str:
    return make_key(owner, name="script", scopes=scopes or ["chat"], **more).text


def asking(text: str) -> Client:
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})


class TestFindingTheKey:
    def test_a_key_names_its_owner_with_one_query(self, alice: User, django_assert_num_queries) -> None:
        text = key_text(alice)
        ApiKey.objects.update(last_used_at=timezone.now())

        with django_assert_num_queries(1):
            key = key_of_bearer(f"Bearer {text}")
            assert key is not None
            assert key.owner == alice

    @pytest.mark.parametrize(
        "header",
        [
            *("", "Bearer", "Bearer ", "Bearer valis_", "Bearer valis__", "Bearer valis_a_", "Basic YTpi"),
            *("Bearer valis_\x00_b", "Bearer valis_abc_def", "Bearer sk-VALISCANARY-1", "Bearer valis_é_ü"),
        ],
    )
    def test_anything_else_names_nobody(self, header: str, alice: User) -> None:
        key_text(alice)

        assert key_of_bearer(header) is None

    def test_a_secret_that_is_wrong_by_one_letter_names_nobody(self, alice: User) -> None:
        text = key_text(alice)

        assert key_of_bearer(f"Bearer {text[:-1]}{'a' if text[-1] != 'a' else 'b'}") is None
        assert key_of_bearer(f"Bearer {text}a") is None

    def test_the_secret_of_one_key_does_not_open_another(self, alice: User, bob: User) -> None:
        mine, other = key_text(alice).split("_", 2), key_text(bob).split("_", 2)

        assert key_of_bearer(f"Bearer valis_{other[1]}_{mine[2]}") is None

    def test_an_expired_key_is_nothing(self, alice: User) -> None:
        text = key_text(alice, expires_at=timezone.now() + timedelta(days=1))
        assert key_of_bearer(f"Bearer {text}")

        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
            assert key_of_bearer(f"Bearer {text}") is None

    def test_the_key_of_somebody_switched_off_is_nothing(self, alice: User) -> None:
        text = key_text(alice)
        User.objects.update(is_active=False)

        assert key_of_bearer(f"Bearer {text}") is None


class TestUsingIt:
    def test_a_program_talks_without_login_and_without_csrf_token(self, alice: User, jane: Persona) -> None:
        program = asking(key_text(alice))

        answer = program.post("/api/sessions", {"persona_id": "jane"}, content_type="application/json")

        assert answer.status_code == 201
        assert Session.objects.get().owner == alice

    def test_a_wrong_key_is_refused_even_beside_a_good_login(self, alice: User, as_user) -> None:
        answer = as_user(alice).get("/api/sessions", headers={"Authorization": "Bearer valis_a_b"})

        assert (answer.status_code, answer.json()["code"]) == (401, "key_not_valid")

    def test_the_password_of_a_web_server_in_front_is_no_key(self, alice: User, as_user) -> None:
        answer = as_user(alice).get("/api/sessions", headers={"Authorization": "Basic dGVhbTpzZWNyZXQ="})

        assert answer.status_code == 200

    def test_pages_know_no_keys(self, alice: User) -> None:
        assert asking(key_text(alice)).get("/chat/").status_code == 302

    def test_a_key_that_reads_cannot_talk(self, alice: User, jane: Persona) -> None:
        program = asking(key_text(alice, "read"))

        assert program.get("/api/sessions").status_code == 200
        answer = program.post("/api/sessions", {}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        assert answer.json()["details"] == {"right": "chat"}

    def test_a_key_is_never_more_than_its_owner(self, alice: User, sue: User) -> None:
        every_scope = ("read", "chat", "diagnostics", "admin")

        assert asking(key_text(sue, *every_scope)).get("/api/config").status_code == 200
        assert asking(key_text(alice, *every_scope)).get("/api/config").status_code == 403

    def test_a_key_is_never_more_than_its_scopes(self, sue: User) -> None:
        assert asking(key_text(sue, "chat")).get("/api/config").status_code == 403

    def test_the_last_use_is_noted_once_a_minute(self, alice: User) -> None:
        text = key_text(alice)
        noted = []
        with time_machine.travel("2026-11-21 12:00:00Z", tick=False) as clock:
            for seconds in (0, 30, 31):
                clock.shift(seconds)
                key_of_bearer(f"Bearer {text}")
                noted.append(ApiKey.objects.get().last_used_at)

        assert noted[0] == noted[1] < noted[2]


class TestItsLife:
    def test_making_rotating_and_revoking_are_in_the_audit_log_without_the_secret(self, alice: User) -> None:
        made = make_key(alice, by=alice, name="script", scopes=["chat"])
        revoke_key(rotate_key(made.key, by=alice).key, by=alice)

        noted = AuditEntry.objects.filter(actor="alice")
        assert [each.action for each in noted] == ["key.revoked", "key.rotated", "key.made", "key.made"]
        assert made.text.split("_", 2)[2] not in str(noted.values())

    def test_the_secret_is_nowhere_in_the_database(self, alice: User) -> None:
        secret = key_text(alice).split("_", 2)[2]

        assert secret not in str(ApiKey.objects.values().get())

    def test_the_secret_is_not_in_the_repr(self, alice: User) -> None:
        made = make_key(alice, name="script", scopes=["chat"])

        assert made.text not in repr(made)

    def test_a_revoked_key_is_refused_from_the_next_request_on(self, alice: User) -> None:
        program = asking(key_text(alice))
        assert program.get("/api/sessions").status_code == 200
        revoke_key(ApiKey.objects.get())

        assert program.get("/api/sessions").status_code == 401

    def test_a_rotated_key_works_for_another_day(self, alice: User) -> None:
        made = make_key(alice, name="script", scopes=["read"], requests_per_minute=7)
        new = rotate_key(made.key)

        assert asking(made.text).get("/api/sessions").status_code == 200
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert asking(made.text).get("/api/sessions").status_code == 401
            assert asking(new.text).get("/api/sessions").status_code == 200
        assert (new.key.name, new.key.scopes, new.key.requests_per_minute) == ("script", ["read"], 7)

    def test_rotating_does_not_bring_a_revoked_key_back(self, alice: User) -> None:
        made = make_key(alice, name="script", scopes=["read"])
        revoke_key(made.key)

        with pytest.raises(InvalidInput):
            rotate_key(made.key)
        assert ApiKey.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [{"name": " "}, {"name": "x" * 81}, {"scopes": []}, {"scopes": ["everything"]}],
    )
    def test_a_key_needs_a_name_and_a_scope(self, alice: User, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            make_key(alice, **({"name": "script", "scopes": ["chat"]} | wrong))


class TestTheCommand:
    def test_it_prints_a_key_that_works(self, alice: User, capsys: pytest.CaptureFixture[str]) -> None:
        call_command(
            "api_key", "create", "alice", "--name", "nightly", "--scope", "read", "--expires-days", "9"
        )

        assert asking(capsys.readouterr().out.strip()).get("/api/sessions").status_code == 200
        key = ApiKey.objects.get()
        assert key.scopes == ["read"]
        assert key.expires_at - key.created_at < timedelta(days=9, minutes=1)

    def test_it_lists_without_secrets_and_revokes(
        self, alice: User, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = key_text(alice)
        call_command("api_key", "list", "alice")
        line = capsys.readouterr().out
        assert "script" in line
        assert text not in line

        call_command("api_key", "revoke", line.split()[0])

        assert key_of_bearer(f"Bearer {text}") is None

    @pytest.mark.parametrize(
        "words", [("create", "nobody", "--name", "x"), ("list", "nobody"), ("revoke", "valis_x")]
    )
    def test_it_says_what_is_not_there(self, words: tuple[str, ...], db: None) -> None:
        with pytest.raises(CommandError, match=r"nobody|no such key"):
            call_command("api_key", *words)
