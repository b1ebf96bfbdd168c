"""The description of the API: complete enough to write a client from, and a page to try it on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from valis_site.api import api

SCHEMA: dict[str, Any] = api.get_openapi_schema()
OPERATIONS = [
    pytest.param(operation, id=f"{method.upper()} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_says_what_it_does_and_where_it_belongs(operation: dict[str, Any]) -> None:
    assert 5 < len(operation["summary"]) < 60
    assert set(operation["tags"]) <= {tag["name"] for tag in SCHEMA["tags"]}
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_says_what_it_answers_with(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        schema = next(iter(answer["content"].values()))["schema"]
        assert schema.get("$ref") or schema.get("items") or schema.get("type"), status
    if "security" in operation:
        assert 401 in operation["responses"]


def test_operations_have_names_of_their_own() -> None:
    names = [each.values[0]["operationId"] for each in OPERATIONS]  # type: ignore[index]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["ChatIn", "SessionIn", "ErrorOut", "PersonaOut"])
def test_what_people_write_and_read_first_has_examples(name: str) -> None:
    properties = SCHEMA["components"]["schemas"][name]["properties"].values()

    assert any(each.get("examples") for each in properties)


def test_every_tag_is_explained() -> None:
    assert all(len(tag["description"]) > 10 for tag in SCHEMA["tags"])


@pytest.mark.django_db
def test_the_page_to_try_it_on_opens_for_people_who_are_logged_in(
    alice: User, as_user: Callable[[User], Client]
) -> None:
    page = as_user(alice).get("/api/docs")

    assert page.status_code == 200
    assert "/api/openapi.json" in page.content.decode()


@pytest.mark.django_db
def test_the_page_holds_nothing_that_its_policy_would_not_run(
    alice: User, as_user: Callable[[User], Client]
) -> None:
    page = as_user(alice).get("/api/docs")
    html = page.content.decode()

    scripts = re.findall(r"<script([^>]*)>", html)
    assert all("src=" in each or "application/json" in each for each in scripts)
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert not [each for each in sources if each.startswith(("http", "//"))]
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_description_is_there_for_programs(alice: User, as_user: Callable[[User], Client]) -> None:
    answer = as_user(alice).get("/api/openapi.json")

    assert answer.json()["info"]["title"] == "VALIS"
    assert set(answer.json()["paths"]) == set(SCHEMA["paths"])
