"""Programs read and change a persona as staff do in admin."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from personas.configuring import FIELDS
from personas.forms import PersonaForm
from personas.models import Persona

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def staff(dora: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(dora)


def put(client: Client, path: str, **data: Any) -> Any:
    return client.put(f"/api/bots/jane/{path}", json.dumps(data), content_type="application/json")


def test_everything_that_staff_edit_is_read_and_written_back(staff: Client, jane: Persona) -> None:
    before = staff.get("/api/bots/jane/config").json()
    assert set(before) == {"id", *FIELDS}
    assert set(FIELDS) == set(PersonaForm.Meta.fields) - {"slug"}

    assert put(staff, "config", **before).json() == before
    assert not AuditEntry.objects.filter(action="persona.changed").exists()


def test_what_is_given_is_changed_and_the_rest_stays(staff: Client, jane: Persona, dora: User) -> None:
    changed = put(staff, "config", tone="dry", topics=["tea"], traits={"humour": 60}, temperature=0.3)
    assert changed.status_code == 200

    now = Persona.objects.get(pk=jane.pk)
    assert (now.tone, now.topics, now.traits, now.temperature) == ("dry", ["tea"], {"humour": 60}, 0.3)
    assert (now.name, now.background) == (jane.name, jane.background)
    entry = AuditEntry.objects.get(action="persona.changed")
    assert (entry.actor, entry.target) == ("dora", jane.name)
    assert now.history.first().history_user == dora


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"role": "x" * 200},
        {"temperature": 7},
        {"traits": {"humour": 400}},
        {"colour": "plaid"},
        {"cascade": [" "]},
        {"tone": "half a \ud800"},
        {"tone": "nothing \0 here"},
        {"quirks": ["nothing \0 here"]},
        {"communication_style": "loud"},
    ],
)
def test_what_no_form_lets_through_changes_nothing(
    wrong: dict[str, Any], staff: Client, jane: Persona
) -> None:
    answer = put(staff, "config", description="Never stored.", **wrong)

    assert answer.status_code in {400, 422}
    assert Persona.objects.get(pk=jane.pk).description == jane.description


def test_caps_are_set_and_taken_away(staff: Client, jane: Persona) -> None:
    set_to = put(staff, "cost-cap", daily_cost_cap_usd=2.5, daily_token_cap=0).json()
    assert set_to == {"id": "jane", "daily_cost_cap_usd": 2.5, "daily_token_cap": 0}
    assert put(staff, "cost-cap", daily_cost_cap_usd=None).json()["daily_cost_cap_usd"] is None
    assert Persona.objects.get(pk=jane.pk).daily_token_cap == 0
    assert put(staff, "cost-cap", daily_cost_cap_usd=-1).status_code in {400, 422}


def test_who_is_no_developer_neither_reads_nor_changes_it(
    vic: User, charlie: User, jane: Persona, as_user: Callable[[User], Client]
) -> None:
    for person in (vic, charlie):
        assert as_user(person).get("/api/bots/jane/config").status_code == 403
        assert put(as_user(person), "config", tone="dry").status_code == 403
    assert as_user(charlie).get("/api/bots/nobody/config").status_code == 403
