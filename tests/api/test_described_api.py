"""The API keeps to its own description, whatever it is sent (S06): Schemathesis asks a real server.

The examples are the same each time; `VALIS_API_EXAMPLES=200` asks more and other ones.
"""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.documents import ROOT
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.harness.valis import Valis
from tests.playing import PlayingServer
from valis_site.api import api

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DESCRIPTION: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
schema = schemathesis.openapi.from_dict(DESCRIPTION)
EXAMPLES = int(os.environ.get("VALIS_API_EXAMPLES", "0"))
few_examples = settings(
    max_examples=EXAMPLES or 6,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Asked:
    url: str
    keys: list[str]
    ids: dict[str, Any]
    """Of what is there: made-up ones never are."""


MAKE_KEYS = """
from accounts.keys import make_key
from accounts.models import User
for person in User.objects.order_by("username"):
    print(make_key(person, name="all", scopes=["chat", "diagnostics", "admin"]).text)
"""


def keys_of_demo_and_staff(valis: Valis) -> list[str]:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", MAKE_KEYS]
    made = subprocess.run(
        command, env=valis.environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return made.stdout.split()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with (
        PlayingServer(models={MODEL: "say:Here is a short answer."}) as playing,
        running_valis(tmp_path_factory.mktemp("valis"), playing) as valis,
    ):
        turn = Person(valis.url).log_in("staff").post("/api/chat", {"message": "Hello"})
        ids = {
            "session_id": turn["session_id"],
            "turn_id": turn["turn"]["id"],
            "slug": "jane",
        }
        yield Asked(valis.url, keys_of_demo_and_staff(valis), ids)


@schema.parametrize()
@few_examples
def test_whatever_is_sent_is_answered_as_described(case: Case, asked: Asked) -> None:
    # Which key, and whether of something that is there, goes by what is sent: the same each time.
    pick = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode())
    if pick & 1:
        case.path_parameters = {name: asked.ids.get(name, 1) for name in case.path_parameters or {}}
    key = asked.keys[pick >> 1 & 1]
    if case.media_type == "multipart/form-data" and not case.body:
        case.body = {"file": b""}  # the server in front of us answers a form without any part by itself

    case.call_and_validate(base_url=asked.url, headers=bearer(key), checks=CHECKS, timeout=30)


@schema.parametrize()
@settings(few_examples, max_examples=2)
def test_nothing_is_done_without_a_login(case: Case, asked: Asked) -> None:
    if case.operation.definition.raw.get("security"):
        case.path_parameters = {name: asked.ids.get(name, 1) for name in case.path_parameters or {}}

        answer = case.call(base_url=asked.url, timeout=30)

        # 400 is for a form that cannot be read at all, which the look for a CSRF token finds first.
        assert answer.status_code in {401, 403, 405} | ({400} if case.method == "POST" else set())
