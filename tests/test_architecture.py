"""The rules that keep the map true (docs/reference/files.md). Each check is shown to catch a breach."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).parents[1]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
DOORS = ("api", "consumers", "tasks", "views")
ORM_WRITES = {
    *("save", "create", "update", "delete", "bulk_create", "bulk_update"),
    *("get_or_create", "update_or_create", "select_for_update"),
}
VAGUE_NAMES = {
    *("common", "misc", "util", "utils", "helper", "helpers", "handler", "handlers", "manager", "managers"),
}
TURN_STATE = {"status", "attempt"}
LEDGER_NAMES = {"account", "_account"}
"""The ledger's account of a reply follows the turn's attempts; it is no turn."""

Check = Callable[[ast.AST], Iterator[str]]


def modules() -> dict[str, Path]:
    """The product's modules by dotted name, without migrations."""
    paths = (path for package in LINTER["root_packages"] for path in (ROOT / package).rglob("*.py"))
    return {_dotted(path): path for path in paths if "migrations" not in path.parts}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def breaches(check: Check, *, of: Callable[[str], bool]) -> list[str]:
    """Where the check finds something, in the modules whose names are picked."""
    return [
        f"{name}:{finding}"
        for name, path in modules().items()
        if of(name)
        for finding in check(ast.parse(path.read_text()))
    ]


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call with the name it is called by and what stands before the dot ("live", "publish")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            yield node, _last_name(owner), _last_name(node.func)


def _last_name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def orm_writes(tree: ast.AST) -> Iterator[str]:
    for call, owner, name in _calls(tree):
        if isinstance(call.func, ast.Attribute) and name in ORM_WRITES and owner != "router":
            yield f"{call.lineno}: {ast.unparse(call.func)}()"


def changes_of_turns(tree: ast.AST) -> Iterator[str]:
    """Assignments, UPDATEs and constructions that set a status or an attempt."""
    for node in ast.walk(tree):
        is_stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if is_stored and node.attr in TURN_STATE and _last_name(node.value) not in LEDGER_NAMES:
            yield f"{node.lineno}: {ast.unparse(node)} ="
    for call, _, name in _calls(tree):
        written = ast.unparse(call.func)
        is_change = written in {"Turn", "Attempt"} or name in {"update", "Update", "create", "get_or_create"}
        if is_change and not written.startswith("Call."):
            named = TURN_STATE & {keyword.arg for keyword in call.keywords}
            yield from (f"{call.lineno}: {written}({field}=)" for field in sorted(named))
        if name in {"save", "bulk_update"}:
            texts = {each.value for each in ast.walk(call) if isinstance(each, ast.Constant)}
            yield from (f"{call.lineno}: {written} of {field}" for field in sorted(TURN_STATE & texts))


def makings_of_a_cascade(tree: ast.AST) -> Iterator[str]:
    for call, _, name in _calls(tree):
        if name == "Cascade":
            yield f"{call.lineno}: Cascade()"


def publishing(tree: ast.AST) -> Iterator[str]:
    for call, owner, name in _calls(tree):
        if name == "publish" and owner in {"", "live"}:
            yield f"{call.lineno}: publish()"


def other_publishers(tree: ast.AST) -> Iterator[str]:
    """Ways around `core.live`: its back end, or the channel layer."""
    for line, name in _imports(tree):
        if name.startswith(("core.live.memory", "channels.layers")):
            yield f"{line}: {name}"


SAMPLES = [
    (orm_writes, "def send(request):\n    Message.objects.create(text='')"),
    (orm_writes, "async def take(turn):\n    await turn.asave() or turn.save()"),
    (changes_of_turns, "turn.status = 'complete'"),
    (changes_of_turns, "self._turn.attempt += 1"),
    (changes_of_turns, "turn.status, turn.finished_at = 'complete', now"),
    (changes_of_turns, "Turn.objects.filter(pk=1).update(status='failed')"),
    (changes_of_turns, "Turn.objects.create(status='failed')"),
    (changes_of_turns, "Turn(session=session, attempt=3)"),
    (changes_of_turns, "turn.save(update_fields=['status'])"),
    (changes_of_turns, "turn.attempts.update(status='failed')"),
    (changes_of_turns, "Update(lambda: Turn.objects.all(), status='failed')"),
    (makings_of_a_cascade, "from providers import cascade\ncascade.Cascade([], request)"),
    (publishing, "from core import live\nlive.publish('fleet', {})"),
    (publishing, "from core.live import publish\npublish('fleet', {})"),
    (other_publishers, "from core.live.memory import MemoryBackend"),
    (other_publishers, "from channels.layers import get_channel_layer"),
]


@pytest.mark.parametrize(("check", "sample"), SAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_each_check_catches_a_breach(check: Check, sample: str) -> None:
    assert list(check(ast.parse(sample)))


@pytest.mark.parametrize(
    "sample",
    [
        "Turn.objects.filter(pk=1, status='queued').exists()",
        "self._account.attempt = following.attempt",
        "Call.objects.create(turn_id=1, attempt=2)",
        "state = turn.status",
    ],
)
def test_reading_a_turn_and_writing_the_ledger_are_no_changes_of_it(sample: str) -> None:
    assert not list(changes_of_turns(ast.parse(sample)))


def test_layers_import_only_what_is_below_them() -> None:
    # In a process of its own: the interfaces that Twisted adds to every class get into its way.
    linter = Path(sys.executable).with_name("lint-imports")

    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_every_app_has_its_place_in_the_layers() -> None:
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    layers = next(each["layers"] for each in LINTER["contracts"] if each["type"] == "layers")
    placed = {name.strip() for layer in layers for name in layer.split("|")}

    assert ours | {"core"} == placed == set(LINTER["root_packages"])


def test_doors_leave_writing_to_the_services() -> None:
    assert not breaches(orm_writes, of=lambda name: name.rpartition(".")[2] in DOORS)


def test_only_chat_turns_changes_the_status_or_the_attempt_of_a_turn() -> None:
    assert not breaches(changes_of_turns, of=lambda name: name != "chat.turns")


def test_only_the_gate_makes_a_cascade() -> None:
    assert not breaches(makings_of_a_cascade, of=lambda name: name != "usage.metering")


def test_only_those_who_announce_and_the_canaries_of_health_publish() -> None:
    announcing = {"chat.announcing", "accounts.login_changes", "diagnostics.activity.recording"}
    allowed = {"core.live", "diagnostics.health", "diagnostics.tasks"} | announcing

    assert not breaches(publishing, of=lambda name: name not in allowed)


def test_nobody_goes_around_the_publisher() -> None:
    assert not breaches(other_publishers, of=lambda name: not name.startswith("core.live"))


def test_modules_are_small() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in modules().items()}

    assert statistics.median(lengths.values()) < 100
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [name for name in modules() if VAGUE_NAMES & set(name.split("."))]


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)


def inline_code(html: str) -> list[str]:
    """What a strict content security policy would not run: scripts, styles and handlers in the page."""
    return re.findall(r"<style|<script(?![^>]*\ssrc=)|\s(?:style|on[a-z]+)=[\"']", html)


def test_inline_code_is_found_and_files_are_not() -> None:
    assert len(inline_code('<p style="x"><b onclick="y"><script>z</script><style>')) == 4
    assert not inline_code('<script type="module" src="a.js"></script><p class="style" data-on="b">')


def test_templates_hold_no_inline_code() -> None:
    assert not [path.name for path in (ROOT / "templates").rglob("*.html") if inline_code(path.read_text())]
