"""Who may do what: every operation of the API and every page, for each kind of person and of key.

Alice owns the session and its turn; Bob and Charlie are other people; Vic is a Viewer, Dora a Developer,
Sue an Admin. What belongs to somebody else is answered as if it were not there, whatever the role.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.keys import make_key, revoke_key
from accounts.models import User
from chat import services
from chat.models import Session, Turn, TurnStatus
from diagnostics import health
from memory.models import Memory
from personas.models import Persona
from providers.models import Circuit, Provider
from valis_site.api import api
from valis_site.openai_api import openai_api

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("nobody", "Alice", "Bob", "Charlie", "Vic", "Dora", "Sue")
KEYS = ("Alice: read", "Alice: chat", "Alice: diagnostics", "Alice: admin",
        "Sue: chat", "Sue: diagnostics", "Sue: admin", "Sue: all, revoked")  # fmt: skip
Codes = tuple[tuple[int, ...], tuple[int, ...]]


def public(code: int) -> Codes:
    return (code,) * len(PEOPLE), (code,) * len(KEYS)


def everybody(code: int) -> Codes:
    return (401, *[code] * 6), (403, code, 403, 403, code, 403, 403, 401)


def owner(code: int) -> Codes:
    return (401, code, *[404] * 5), (403, code, 403, 403, 404, 403, 403, 401)


def owner_reads(code: int) -> Codes:
    return (401, code, *[404] * 5), (code, code, 403, 403, 404, 403, 403, 401)


def viewers(code: int) -> Codes:
    return (401, 403, 403, 403, code, code, code), (403, 403, 403, 403, 403, code, 403, 401)


def developers(code: int) -> Codes:
    return (401, 403, 403, 403, 403, code, code), (403, 403, 403, 403, 403, 403, code, 401)


def admins(code: int) -> Codes:
    return (401, 403, 403, 403, 403, 403, code), (403, 403, 403, 403, 403, 403, code, 401)


EVERYBODY_READS: Codes = ((401, *[200] * 6), (200, 200, 403, 403, 200, 403, 403, 401))
OWNER_READS: Codes = ((401, 200, *[404] * 5), (200, 200, 403, 403, 404, 403, 403, 401))
VIEWERS: Codes = viewers(200)
DEVELOPERS: Codes = ((401, 403, 403, 403, 403, 200, 200), (403, 403, 403, 403, 403, 403, 200, 401))
ADMINS: Codes = admins(200)
OPERATIONS: dict[str, Codes] = {
    "POST /api/chat": owner(202),
    "GET /api/sessions": EVERYBODY_READS,
    "POST /api/sessions": everybody(201),
    "GET /api/sessions/{session_id}": OWNER_READS,
    "GET /api/sessions/{session_id}/export": OWNER_READS,
    "GET /api/sessions/{session_id}/usage": OWNER_READS,
    "PATCH /api/sessions/{session_id}": owner(200),
    "DELETE /api/sessions/{session_id}": owner(200),
    "POST /api/sessions/{session_id}/restore": owner(200),
    "GET /api/sessions/{session_id}/messages": OWNER_READS,
    "GET /api/search": EVERYBODY_READS,
    "GET /api/turns/{turn_id}": OWNER_READS,
    "GET /api/turns/{turn_id}/receipt": owner_reads(404),  # it was stopped before there was a reply
    "POST /api/turns/{turn_id}/stop": owner(202),
    "POST /api/turns/{turn_id}/run-again": owner(202),
    "POST /api/turns/{turn_id}/answer-properly": owner(409),
    "POST /api/turns/{turn_id}/regenerate": owner(202),
    "POST /api/turns/{turn_id}/show": owner(200),
    "POST /api/messages/{message_id}/edit": owner(202),
    "POST /api/messages/{message_id}/show": owner(200),
    "GET /api/personas": EVERYBODY_READS,
    "GET /api/personas/{slug}/prompt": DEVELOPERS,
    "GET /api/personas/{slug}/export": DEVELOPERS,
    "POST /api/personas/import": developers(400),  # without a file
    "GET /api/bots/{slug}/config": DEVELOPERS,
    "PUT /api/bots/{slug}/config": developers(200),
    "PUT /api/bots/{slug}/cost-cap": developers(200),
    "GET /api/bots/{slug}/memory": EVERYBODY_READS,
    "GET /api/bots/{slug}/memory/warm": EVERYBODY_READS,
    "GET /api/bots/{slug}/memory/cold": EVERYBODY_READS,
    "GET /api/bots/{slug}/memory/export": EVERYBODY_READS,
    "POST /api/bots/{slug}/memory": everybody(201),
    "DELETE /api/bots/{slug}/memory": everybody(200),
    "PUT /api/bots/{slug}/memory": developers(200),
    "PUT /api/memory": everybody(200),
    "PATCH /api/memories/{memory_id}": owner(200),
    "DELETE /api/memories/{memory_id}": owner(200),
    "POST /api/bots/{slug}/memory/for-everybody": developers(201),
    "PATCH /api/staff/memories/{memory_id}": developers(404),  # it is about Alice
    "DELETE /api/staff/memories/{memory_id}": developers(404),
    "POST /api/memories/{memory_id}/restore": owner(404),  # it is not deleted
    "GET /api/health": public(503),  # no worker runs in this test
    "GET /api/ready": public(200),
    "GET /api/live": public(200),
    "GET /api/config": VIEWERS,
    "GET /api/activity": VIEWERS,
    "POST /api/config": ADMINS,
    "GET /api/config/snapshots": VIEWERS,
    "GET /api/config/snapshots/{snapshot_id}": viewers(404),
    "POST /api/config/snapshots/{snapshot_id}/restore": admins(404),
    "POST /api/config/file/export": ADMINS,
    "POST /api/config/file/load": ADMINS,
    "GET /api/circuits": VIEWERS,
    "GET /api/drills": VIEWERS,
    "POST /api/drills": admins(400),
    "GET /api/drills/{drill_id}": viewers(404),
    "POST /api/drills/{drill_id}/ask": admins(404),
    "POST /api/drills/{drill_id}/recover": admins(404),
    "POST /api/drills/{drill_id}/end": admins(404),
    "GET /api/personas/{slug}/fidelity": VIEWERS,
    "POST /api/personas/{slug}/fidelity": developers(400),  # asks for somebody who is not there
    "GET /api/fidelity/{run_id}": viewers(404),
    "POST /api/fidelity/{run_id}/stop": developers(404),
    "GET /api/personas/{slug}/dry-run": VIEWERS,
    "POST /api/circuits/{circuit_id}/reset": ADMINS,
    "GET /v1/models": EVERYBODY_READS,
    "GET /v1/models/{model}": EVERYBODY_READS,
    "POST /v1/chat/completions": everybody(400),  # with a question it would wait for a reply
    "GET /api/audit": ADMINS,
    "GET /api/audit/export": ADMINS,
}
BODIES: dict[str, Any] = {
    "POST /api/chat": {"message": "Hello", "session_id": "{session_id}", "wait": False},
    "POST /api/sessions": {"persona_id": "jane"},
    "PUT /api/bots/{slug}/config": {"role": "Companion"},
    "PUT /api/bots/{slug}/cost-cap": {"daily_cost_cap_usd": 5},
    "POST /api/bots/{slug}/memory": {"text": "Plays the cello."},
    "POST /api/bots/{slug}/memory/for-everybody": {"text": "The library opens at nine."},
    "PATCH /api/staff/memories/{memory_id}": {"importance": 7},
    "PUT /api/bots/{slug}/memory": {"is_on": True},
    "PUT /api/memory": {"is_on": True},
    "PATCH /api/memories/{memory_id}": {"importance": 7},
    "POST /api/messages/{message_id}/edit": {"message": "Hello there"},
    "POST /api/personas/{slug}/fidelity": {"speakers": ["not there"]},
    "POST /api/drills": {"provider": "not there", "failure": "refused"},
}
MEMORY = {"text": "Plays the cello.", "origin": "model", "deleted_at": None, "is_withdrawn": False}
QUERIES = {"GET /api/search": "?q=hello"}
# What is no operation of the API: pages and forms, by the name or pattern of their route.
NO_GET = (405,) * 7
LOGIN_FIRST = (302, *[200] * 6)
VIEWERS_LOOK = (302, 403, 403, 403, 200, 200, 200)
PAGES: dict[str, tuple[int, ...]] = {
    "chat/": LOGIN_FIRST,
    "chat/sessions/": LOGIN_FIRST,
    "chat/messages/<int:message_id>/": (302, 302, *[404] * 5),
    "memory/": LOGIN_FIRST,
    "memory/switch/": NO_GET,
    "memory/of/<slug:slug>/": LOGIN_FIRST,
    "memory/of/<slug:slug>/add/": NO_GET,
    "memory/of/<slug:slug>/forget/": NO_GET,
    "memory/<int:memory_id>/": (302, 200, *[404] * 5),
    "memory/<int:memory_id>/delete/": NO_GET,
    "memory/<int:memory_id>/restore/": NO_GET,
    "chat/send/": NO_GET,
    "chat/turns/<int:turn_id>/story/": (302, 200, *[404] * 5),
    "chat/all/": LOGIN_FIRST,
    "chat/turns/<int:turn_id>/versions/": (302, 200, *[404] * 5),
    "chat/turns/<int:turn_id>/show/": NO_GET,
    "chat/archive/": LOGIN_FIRST,
    "chat/search/": LOGIN_FIRST,
    "chat/import/": LOGIN_FIRST,
    "chat/<uuid:session_id>/": (302, 200, *[404] * 5),
    "chat/<uuid:session_id>/before/<int:before>/": (302, 200, *[404] * 5),
    "chat/<uuid:session_id>/gauge/": (302, 200, *[404] * 5),
    "chat/<uuid:session_id>/usage/": (302, 200, *[404] * 5),
    "chat/<uuid:session_id>/manage/": (302, 200, *[404] * 5),
    "chat/<uuid:session_id>/delete/": NO_GET,
    "chat/<uuid:session_id>/restore/": NO_GET,
    "personas/": LOGIN_FIRST,
    "personas/<slug:slug>/": LOGIN_FIRST,
    "personas/<slug:slug>/avatar": (302, *[404] * 6),  # Jane has no picture
    "diagnostics/": VIEWERS_LOOK,
    "diagnostics/tiles/": VIEWERS_LOOK,
    "diagnostics/circuits/<int:circuit_id>/reset/": NO_GET,
    "diagnostics/messages/": (302, *[403] * 6),  # with no role; tests/diagnostics/test_live_page.py
    "diagnostics/providers/<int:provider_id>/test/": NO_GET,
    "diagnostics/config/": (302, 403, 403, 403, 200, 200, 200),
    "diagnostics/config/file/": (302, 403, 403, 403, 403, 403, 200),
    "diagnostics/config/file/export/": NO_GET,
    "diagnostics/config/snapshots/<int:snapshot_id>/": (302, 403, 403, 403, 403, 403, 404),
    "diagnostics/config/snapshots/<int:snapshot_id>/download/": (302, 403, 403, 403, 404, 404, 404),
    "diagnostics/drills/": VIEWERS_LOOK,
    "diagnostics/drills/start/": NO_GET,
    "diagnostics/drills/<int:drill_id>/": (302, 403, 403, 403, 404, 404, 404),
    "diagnostics/drills/<int:drill_id>/act/": NO_GET,
    "diagnostics/fidelity/": VIEWERS_LOOK,
    "diagnostics/fidelity/start/": NO_GET,
    "diagnostics/fidelity/drafts/<int:persona_id>/": NO_GET,
    "diagnostics/fidelity/<int:run_id>/": (302, 403, 403, 403, 404, 404, 404),
    "diagnostics/fidelity/<int:run_id>/stop/": NO_GET,
    "diagnostics/dry-run/": (302, 403, 403, 403, 200, 200, 200),
    "accounts/login/": (200, *[302] * 6),
    "accounts/logout/": NO_GET,
    "accounts/keys/": LOGIN_FIRST,
    "accounts/keys/<int:key_id>/rotate/": NO_GET,
    "accounts/keys/<int:key_id>/revoke/": NO_GET,
    "health": (503,) * 7,
    "ready": (200,) * 7,
    "metrics": (200,) * 7,  # asked from this machine; tests/diagnostics/test_metrics.py
    "": (302,) * 7,
}
ELSEWHERE = ("admin/", "api/", "v1/", "^(?:api|v1)/")


@pytest.fixture(autouse=True)
def _nobody_waits_for_the_worker_that_is_not_there(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts that are there have as long as a busy machine takes."""
    monkeypatch.setattr(health, "PART_SECONDS", 0.6 if "health" in request.node.name else 30.0)


@pytest.fixture(autouse=True)
def _a_file_to_load(settings, tmp_path: Path) -> None:
    settings.VALIS_CONFIG_FILE = tmp_path / ".valis_config.json"
    settings.VALIS_CONFIG_FILE.write_text("{}")


@pytest.fixture
def turn(alice: User, jane: Persona) -> Turn:
    """A turn of Alice's that was stopped, so that it may be run again."""
    turn = services.submit_message(alice, text="Hello", client_id="one", persona_slug="jane").turn
    services.stop_turn(turn)
    turn.refresh_from_db()
    assert turn.status == TurnStatus.CANCELLED
    return turn


@pytest.fixture(autouse=True)
def _a_provider_has_a_circuit(db: None) -> None:
    Provider.objects.create(pk=1, name="main", kind="scripted", is_enabled=False)
    Circuit.objects.create(pk=1, provider="main")


@pytest.fixture
def people(alice, bob, charlie, vic, dora, sue, as_user) -> dict[str, Client]:
    people = (alice, bob, charlie, vic, dora, sue)
    return dict(zip(PEOPLE, (Client(), *(as_user(each) for each in people)), strict=True))


@pytest.fixture
def keys(alice: User, sue: User) -> dict[str, Client]:
    made = [
        *(make_key(alice, name="a", scopes=[each]) for each in ("read", "chat", "diagnostics", "admin")),
        *(make_key(sue, name="s", scopes=[each]) for each in ("chat", "diagnostics", "admin")),
        make_key(sue, name="revoked", scopes=["chat", "diagnostics", "admin"]),
    ]
    revoke_key(made[-1].key)
    headers = ({"Authorization": f"Bearer {each.text}"} for each in made)
    clients = (Client(enforce_csrf_checks=True, headers=each) for each in headers)
    return dict(zip(KEYS, clients, strict=True))


def operations() -> Iterator[str]:
    for each in (api, openai_api):
        for path, methods in each.get_openapi_schema()["paths"].items():
            for method in methods:
                yield f"{method.upper()} {path}"


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(ELSEWHERE):
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(text: str, turn: Turn) -> str:
    values = {"session_id": turn.session_id, "turn_id": turn.pk, "slug": "jane", "provider_id": 1}
    values |= {
        "model": "jane",
        "key_id": 1,
        "snapshot_id": 12345,
        "circuit_id": 1,
        "drill_id": 12345,
        "run_id": 12345,
        "persona_id": 1,
        "before": 100,
        "message_id": turn.question_id,
        "memory_id": 1,
    }
    text = re.sub(r"<\w+:(\w+)>", r"{\1}", text)
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def test_every_operation_is_in_the_table() -> None:
    assert set(operations()) == set(OPERATIONS)


def test_every_page_is_in_the_table() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(PAGES)


def asked(operation: str, turn: Turn, client: Client) -> int:
    """The code of an answer; the turn is over when it is asked for, and its session there."""
    for open_turn in Turn.objects.filter(status=TurnStatus.QUEUED):
        services.stop_turn(open_turn)
    Session.objects.update(deleted_at=None)
    Memory.objects.update_or_create(
        pk=1, defaults=MEMORY | {"person": turn.session.owner, "persona": turn.persona}
    )
    method, path = operation.split(" ")
    path += QUERIES.get(operation, "")
    body = {key: filled(value, turn) if isinstance(value, str) else value
            for key, value in BODIES.get(operation, {}).items()}  # fmt: skip
    json_type = "application/json"
    return client.generic(method, filled(path, turn), json.dumps(body), content_type=json_type).status_code


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_answers_each_person_and_key_as_the_table_says(
    operation: str, turn: Turn, people: dict[str, Client], keys: dict[str, Client]
) -> None:
    codes = {name: asked(operation, turn, client) for name, client in (people | keys).items()}

    people_may, keys_may = OPERATIONS[operation]
    assert codes == dict(zip(PEOPLE + KEYS, people_may + keys_may, strict=True))


@pytest.mark.parametrize("route", PAGES)
def test_a_page_answers_each_person_as_the_table_says(
    route: str, turn: Turn, people: dict[str, Client]
) -> None:
    Memory.objects.create(pk=1, person=turn.session.owner, persona=turn.persona, **MEMORY)
    codes = {name: client.get(f"/{filled(route, turn)}").status_code for name, client in people.items()}

    assert codes == dict(zip(PEOPLE, PAGES[route], strict=True))


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.startswith("POST")])
def test_an_unsafe_operation_without_the_csrf_token_does_nothing(
    operation: str, turn: Turn, alice: User, as_user
) -> None:
    path = filled(operation.split(" ")[1], turn)
    before = (Session.objects.count(), Turn.objects.count(), TurnStatus(turn.status))

    answer = as_user(alice, enforce_csrf_checks=True).post(
        path, json.dumps({"message": "Hello"}), content_type="application/json"
    )

    turn.refresh_from_db()
    assert answer.status_code == 403
    assert answer.json().get("error", answer.json())["code"] == "csrf_failed"
    assert (Session.objects.count(), Turn.objects.count(), turn.status) == before


def test_reading_changes_nothing(turn: Turn, alice: User, as_user, django_assert_max_num_queries) -> None:
    before = list(Session.objects.values()), list(Turn.objects.values())
    for operation in OPERATIONS:
        if operation.startswith("GET"):
            as_user(alice).get(filled(operation.split(" ")[1], turn))

    assert (list(Session.objects.values()), list(Turn.objects.values())) == before


def test_lists_hold_ones_own_things_only(turn: Turn, alice: User, bob: User, as_user) -> None:
    assert len(as_user(alice).get("/api/sessions").json()["results"]) == 1
    assert as_user(bob).get("/api/sessions").json()["results"] == []
