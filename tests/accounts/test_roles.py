"""Roles: what they bring, and what no role brings."""

import re
from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.audit.models import AuditEntry
from accounts.guarded_admin import Guarded
from accounts.keys import make_key
from accounts.models import User
from accounts.rights import EVERYBODY, ROLES, SCOPES, Right, Role, Scope
from accounts.roles import create_roles
from chat import services
from chat.models import Session
from personas.models import Persona
from tests.documents import ROOT, code_in, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
RIGHTS_PAGE = ROOT / "docs/reference/rights.md"
AsUser = Callable[[User], Client]


def let_read_others(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))


@pytest.fixture
def chat_of_alice(alice: User, jane: Persona) -> Session:
    services.submit_message(alice, text="What only Alice knows", client_id="one", persona_slug="jane")
    return Session.objects.get()


class TestRights:
    def test_each_role_has_what_the_documents_say(self) -> None:
        table = {code_in(row[0])[0]: row[2:] for row in rows_of(RIGHTS_PAGE, heading="Roles")}
        columns = ("everybody", *Role)

        assert table == {
            right.value: [
                "yes" if right in (EVERYBODY if who == "everybody" else ROLES[who]) else "–"
                for who in columns
            ]
            for right in Right
        }

    def test_each_scope_reaches_what_the_documents_say(self) -> None:
        table = {code_in(row[0])[0]: set(code_in(row[1])) for row in rows_of(RIGHTS_PAGE, heading="API keys")}

        assert table == {scope.value: {right.value for right in SCOPES[scope]} for scope in Scope}

    def test_no_role_and_no_scope_brings_the_right_to_read_what_others_wrote(self) -> None:
        assert not [role for role, rights in ROLES.items() if Right.READ_OTHERS_CHATS in rights]
        assert not [scope for scope, rights in SCOPES.items() if Right.READ_OTHERS_CHATS in rights]

    def test_a_superuser_is_an_admin_and_no_more(self, bob: User) -> None:
        bob.is_superuser = True

        assert bob.rights == ROLES[Role.ADMIN]

    def test_who_is_switched_off_may_nothing(self, sue: User) -> None:
        sue.is_active = False

        assert not [right for right in Right if sue.may(right)]

    def test_rights_of_the_person_add_to_those_of_the_role(self, vic: User) -> None:
        vic.user_permissions.add(Permission.objects.get(codename=Right.EDIT_PERSONAS))

        assert vic.rights == ROLES[Role.VIEWER] | {Right.EDIT_PERSONAS}


class TestGroups:
    def test_making_the_roles_again_puts_them_in_order(self, vic: User) -> None:
        viewers = Group.objects.get(name="Viewer")
        viewers.permissions.set(Permission.objects.filter(codename=Right.MANAGE_PEOPLE))
        mine = Group.objects.create(name="Ours")
        mine.permissions.set(Permission.objects.filter(codename=Right.READ_AUDIT))

        create_roles(apps)

        assert vic.rights == ROLES[Role.VIEWER]
        assert mine.permissions.count() == 1
        assert Group.objects.count() == len(Role) + 1

    def test_the_groups_of_the_roles_cannot_be_changed_in_admin(self, sue: User, as_user: AsUser) -> None:
        address = f"/admin/auth/group/{Group.objects.get(name='Viewer').pk}"
        browser = as_user(sue)

        assert browser.post(f"{address}/change/", {"name": "Viewer"}).status_code == 403
        assert browser.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


class TestAdminPages:
    PAGES = {
        "personas/persona": {"dora": 200, "vic": 403},
        "providers/provider": {"dora": 200, "vic": 200},
        "usage/call": {"dora": 200, "vic": 200},
        "accounts/user": {"dora": 403, "vic": 403},
        "accounts/apikey": {"dora": 403, "vic": 403},
        "accounts/auditentry": {"dora": 403, "vic": 403},
        "auth/group": {"dora": 403, "vic": 403},
    }

    def test_every_page_of_admin_goes_by_rights(self) -> None:
        assert not [each for each in admin.site._registry.values() if not isinstance(each, Guarded)]

    @pytest.mark.parametrize("path", PAGES)
    def test_staff_come_as_far_as_their_role(
        self, path: str, vic: User, dora: User, sue: User, as_user: AsUser
    ) -> None:
        User.objects.update(is_staff=True)
        codes = {user.username: as_user(user).get(f"/admin/{path}/").status_code for user in (vic, dora, sue)}

        assert codes == self.PAGES[path] | {"sue": 200}

    def test_a_role_alone_does_not_open_admin(self, dora: User, as_user: AsUser) -> None:
        assert as_user(dora).get("/admin/").status_code == 302

    def test_a_developer_edits_personas_and_only_looks_at_providers(
        self, dora: User, jane: Persona, as_user: AsUser
    ) -> None:
        User.objects.filter(pk=dora.pk).update(is_staff=True)
        browser = as_user(dora)

        assert 'name="_save"' in browser.get(f"/admin/personas/persona/{jane.pk}/change/").content.decode()
        assert browser.get("/admin/providers/provider/add/").status_code == 403

    def test_rights_are_offered_by_their_names(self, sue: User, as_user: AsUser) -> None:
        page = as_user(sue).get(f"/admin/accounts/user/{sue.pk}/change/").content.decode()
        assert len(re.findall(r'<input[^>]*name="user_permissions"', page)) == len(set(Right) - EVERYBODY)
        assert "Read the audit log" in page

    def test_a_role_is_given_with_a_tick(self, sue: User, alice: User, as_user: AsUser) -> None:
        viewer = Group.objects.get(name="Viewer").pk
        form = {"username": "alice", "is_active": "on", "groups": [viewer], "date_joined_0": "2026-11-21",
                "date_joined_1": "12:00:00", "last_login_0": "", "last_login_1": ""}  # fmt: skip

        as_user(sue).post(f"/admin/accounts/user/{alice.pk}/change/", form)

        assert User.objects.get(pk=alice.pk).rights == ROLES[Role.VIEWER]


class TestReadingOthersChats:
    def test_who_has_the_right_reads_and_is_noted(
        self, chat_of_alice: Session, bob: User, as_user: AsUser
    ) -> None:
        let_read_others(bob)
        browser = as_user(bob)

        listed = browser.get("/api/sessions?owner=alice").json()["results"]
        read = browser.get(f"/api/sessions/{listed[0]['id']}").content.decode()
        history = browser.get(f"/api/sessions/{chat_of_alice.pk}/messages").content.decode()

        assert "What only Alice knows" in read
        assert "What only Alice knows" in history
        noted = AuditEntry.objects.filter(actor="bob", action__startswith="chat").values_list(
            "action", "target"
        )
        assert sorted(noted) == [("chat.read", "alice"), ("chat.read", "alice"), ("chats.listed", "alice")]

    def test_it_is_for_reading_alone(self, chat_of_alice: Session, bob: User, as_user: AsUser) -> None:
        let_read_others(bob)
        turn = chat_of_alice.turns.get()

        assert as_user(bob).post(f"/api/turns/{turn.pk}/stop").status_code == 404
        assert as_user(bob).get(f"/chat/{chat_of_alice.pk}/").status_code == 404

    def test_no_role_is_enough(self, chat_of_alice: Session, sue: User, as_user: AsUser) -> None:
        User.objects.filter(pk=sue.pk).update(is_superuser=True)

        assert as_user(sue).get(f"/api/sessions/{chat_of_alice.pk}").status_code == 404
        assert as_user(sue).get("/api/sessions?owner=alice").status_code == 403

    def test_no_key_is_enough(self, chat_of_alice: Session, bob: User) -> None:
        let_read_others(bob)
        text = make_key(bob, name="all", scopes=Scope.values).text
        program = Client(headers={"Authorization": f"Bearer {text}"})

        assert program.get(f"/api/sessions/{chat_of_alice.pk}").status_code == 404
        assert program.get("/api/sessions?owner=alice").status_code == 403

    def test_ones_own_chats_are_read_without_a_note(
        self, chat_of_alice: Session, alice: User, as_user: AsUser
    ) -> None:
        browser = as_user(alice)
        browser.get(f"/api/sessions/{chat_of_alice.pk}")
        browser.get("/api/sessions?owner=alice")

        assert not AuditEntry.objects.filter(action__startswith="chat").exists()
