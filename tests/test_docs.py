"""The documents say what is: links lead somewhere, and every table has what the code has."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.utils.text import slugify

from core import errors
from personas.shipped_files import read_shipped
from providers.base import provider_classes
from providers.limits import EngineLimits
from tests.documents import ROOT, code_in, rows_of, section_of
from valis_site.api import api

DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
LINK = re.compile(r"(?<!`)\[[^\]]*\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")


def anchors_of(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    return {
        slugify(line.lstrip("#").replace(".", ""))
        for line in page.read_text().splitlines()
        if line[:1] == "#"
    }


def calls_in(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors_of(path), f"{target}#{anchor} is not there"


def test_the_index_lists_every_page() -> None:
    listed = {(DOCS / target).resolve() for target, _ in LINK.findall((DOCS / "README.md").read_text())}

    assert {page for page in DOCS.rglob("*.md") if page.name != "README.md"} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_exists(page: Path) -> None:
    text = page.read_text()
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    code = "\n".join(
        [*code_in(text), *re.findall(r"^```(?:sh)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]
    )

    assert set(re.findall(r"(?:^|[^\w.])make ([a-z-]+)", code)) <= set(targets)
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    tops = "|".join([*PACKAGES, "tests", "scripts", "benchmarks", "templates", "static", "docs"])
    named = [text for text in code_in(page.read_text()) if re.fullmatch(rf"(?:{tops})/[\w./-]*", text)]

    assert not [text for text in named if not (ROOT / text).exists()]


def variables_in_settings() -> set[str]:
    """Names of all that `env` reads, and of what the shipped providers look for."""
    readings = (
        call.args[0].value
        for call in calls_in(ROOT / "valis_site/settings.py")
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    )
    vendors = (
        each for kind in provider_classes().values() for each in (kind.key_variable, kind.address_variable)
    )
    return {str(name) for name in (*readings, *vendors) if name}


def test_every_environment_variable_is_explained() -> None:
    explained = {code_in(row[0])[0] for row in rows_of(REFERENCE / "settings.md")}

    assert explained == variables_in_settings()


def test_the_example_of_an_environment_has_every_variable() -> None:
    offered = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(offered) == sorted(variables_in_settings())


def test_every_engine_setting_is_explained_with_its_default() -> None:
    table = (REFERENCE / "engine-settings.md").read_text().partition("## Fixed limits")[0]
    explained = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))

    def shown(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return value or "empty"
        return ", ".join(map(shown, value)) if isinstance(value, tuple) else f"{value:g}"

    assert explained == {name: shown(value) for name, value in EngineLimits()}


def test_every_endpoint_is_explained() -> None:
    explained = set(re.findall(r"^### `([A-Z]+) (\S+)`$", (REFERENCE / "api.md").read_text(), re.MULTILINE))
    described = api.get_openapi_schema()["paths"]

    assert explained == {(method.upper(), path) for path, methods in described.items() for method in methods}


@cache
def description() -> dict[str, Any]:
    return api.get_openapi_schema()


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = description()["paths"]
    return [(f"{method} {path}", each) for path, methods in paths.items() for method, each in methods.items()]


def asked_forms(operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    forms = description()["components"]["schemas"]
    schemas = [each["schema"] for each in content.values()]
    return [forms[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in schemas]


def test_every_operation_says_what_it_is_for() -> None:
    groups = {each["name"] for each in description()["tags"] if each["description"]}

    assert not [name for name, each in operations() if not (each.get("summary") and each.get("description"))]
    assert not [name for name, each in operations() if not set(each["tags"]) <= groups]


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [each["operationId"] for _, each in operations()]

    assert len(set(names)) == len(names)


def test_what_an_operation_takes_is_described_with_examples() -> None:
    parameters = [(name, given) for name, each in operations() for given in each.get("parameters", ())]
    fields = [
        (name, field, described)
        for name, each in operations()
        for form in asked_forms(each)
        for field, described in form["properties"].items()
    ]

    assert not [(name, given["name"]) for name, given in parameters if not given.get("description")]
    assert not [
        name for name, each in operations() if not all(form.get("description") for form in asked_forms(each))
    ]
    assert not [
        (name, field) for name, field, described in fields if not {"examples", "default"} & set(described)
    ]


def test_every_answer_has_a_type_and_every_error_the_same() -> None:
    answers = [
        (f"{name}: {status}", int(status), answer.get("content", {}))
        for name, each in operations()
        for status, answer in each["responses"].items()
    ]
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}

    assert not [name for name, _, content in answers if not content]
    assert not [
        name
        for name, status, content in answers
        if status >= 400 and content != error and not name.endswith(("/health: 503", "/ready: 503"))
    ]


def codes_of_errors() -> set[str]:
    """Of the error tree, of everything raised with a code of its own, and of the API's own answers."""
    tree = {each.default_code for each in vars(errors).values() if hasattr(each, "default_code")}
    doors = [ROOT / "valis_site/api_errors.py", ROOT / "valis_site/failures.py"]
    answered = {
        each.value
        for path in doors
        for call in calls_in(path)
        if ast.unparse(call.func) in {"_answer", "_api_form", "Answer"}
        for each in call.args
        if isinstance(each, ast.Constant) and re.fullmatch(r"[a-z_]+", str(each.value))
    }
    raised = {
        each.value.value
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for call in calls_in(path)
        if ast.unparse(call.func).rpartition(".")[2] in vars(errors)
        for each in call.keywords
        if each.arg == "code" and isinstance(each.value, ast.Constant)
    }
    return tree | answered | raised


def test_every_code_of_an_error_is_explained() -> None:
    pages = (REFERENCE / "api.md", REFERENCE / "openai-endpoint.md")
    explained = {code_in(row[0])[0] for page in pages for row in rows_of(page, heading="Errors")}
    # These are raised on pages, in admin and on the command line; they never reach the API.
    inside = {
        "import_unreadable",
        "import_too_large",
        "persona_not_shipped",
        "picture_too_large",
        "picture_unreadable",
    }

    assert codes_of_errors() - inside <= explained


@cache
def said_by_valis() -> str:
    """Everything that people may get to read, with the pieces of long sentences put together."""
    kinds = {".py", ".js", ".html", ".sh"}
    folders = [*PACKAGES, "templates", "static/js", "scripts"]
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds)
    text = " ".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text()) for path in files)
    return " ".join(re.sub(r"</?\w+[^>]*>", " ", text).split())


def longest_part(quoted: str) -> str:
    """Without what differs each time: numbers, names in brackets, addresses."""
    parts = re.split(r"\([^)]*\)|All|[\d…:;]+|https?\S*|/\S*| [A-Z_]{4,}", quoted)
    return max(parts, key=len).strip(" .,'")


def test_troubleshooting_quotes_what_valis_says() -> None:
    seen = [row[0] for row in rows_of(DOCS / "troubleshooting.md")]
    quoted = [text for cell in seen for text in (*code_in(cell), *re.findall(r"\*([^*]+)\*", cell))]
    spoken = [part for text in quoted if len(part := longest_part(text)) > 5]

    assert len(spoken) > 20
    assert not [part for part in spoken if part not in said_by_valis()]


def test_the_guide_names_buttons_that_exist() -> None:
    text = re.sub(r"```.*?```", "", (DOCS / "guide.md").read_text(), flags=re.DOTALL)
    named = {" ".join(name.split()) for name in re.findall(r"\*\*([^*]+)\*\*", text)}

    assert len(named) > 8
    assert not [name for name in named if name not in said_by_valis()]


def test_every_picture_is_shown_somewhere() -> None:
    shown = {path for page in PAGES for path in re.findall(r"pictures/([\w-]+\.png)", page.read_text())}

    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}


def test_every_promise_names_tests_that_exist() -> None:
    named = [text for row in rows_of(REFERENCE / "reliability.md") for text in code_in(row[-1])]

    assert named
    for text in named:
        file, _, name = text.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text() if name else (ROOT / file).exists(), text


def test_the_map_has_every_folder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.partition("/")[0] for line in tracked.splitlines() if "/" in line}

    assert {f"{folder}/" for folder in folders} <= set(code_in((REFERENCE / "files.md").read_text()))


def test_the_readme_names_every_shipped_persona() -> None:
    text = section_of(ROOT / "README.md", "First steps")

    assert not [each["name"] for each in read_shipped() if each["name"] not in text]


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert first is not None
    assert first[1] == project["version"] == settings.VALIS_VERSION
