"""docs/reference/protocol.md against the code: every frame, and every field of it."""

import ast
import json
import re
import uuid
from typing import Any, get_args

import pytest
from django.utils import timezone

from accounts.models import User
from chat import frames
from chat.announcing import (
    Announcer,
    announce_path,
    announce_question,
    announce_session,
    announce_stop,
    announce_turn,
    announce_waiting,
    announce_wish,
)
from chat.models import Attempt, Message, Session, Turn
from chat.paths import ONLY
from chat.presenting import conversation_form, exchange_form, persona_form
from chat.turns import Held
from core import live
from core.errors import error_body
from diagnostics.activity.reading import event_form
from diagnostics.models import Event
from providers.story import Outcome, Step
from tests.documents import ROOT, blocks_in, code_in, rows_of, section_of
from valis_site.serving.web_server import RESTARTING

PAGE = ROOT / "docs/reference/protocol.md"
FROM_BROWSER = [json.loads(each) for each in blocks_in(section_of(PAGE, "Frames from the browser"), "json")]
EVENTS = section_of(PAGE, "Frames from the server")
ACTIVITY = json.loads(blocks_in(section_of(PAGE, "The activity stream"), "json")[0])
FROM_SERVER = {each["type"]: each for each in map(json.loads, blocks_in(EVENTS, "json"))}
CONSUMER = ast.parse((ROOT / "chat/consumers.py").read_text())

ENDINGS = {"complete": "done", "failed": "failed", "cancelled": "cancelled", "interrupted": "interrupted"}
PROVIDER = {"name": "", "label": "", "model": "", "is_fallback": False}
WAITING = {"ahead": 1, "places": {"busy": 8, "of": 8}, "ahead_in_line": 0, "about_seconds": 12, "text": ""}
USAGE = {"tokens_in": 0, "tokens_out": 0, "tokens_cached": 0, "is_estimated": False, "is_cut": False}


def names_in(value: Any, path: str = "") -> set[str]:
    """Dotted names of all fields, at every depth."""
    if isinstance(value, list):
        return set().union(*(names_in(each, path) for each in value))
    if not isinstance(value, dict):
        return set()
    below = (names_in(each, f"{path}.{name}") for name, each in value.items())
    return {f"{path}.{name}" for name in value}.union(*below)


def turn_with(status: str, **attempt: Any) -> Turn:
    session = Session(pk=uuid.uuid4(), owner=User(username="alice"), last_activity_at=timezone.now())
    question = Message(pk=1, session=session, author=session.owner)
    turn = Turn(pk=1, session=session, question=question, status=status, attempt=1)
    turn.current_attempt = Attempt(number=1, **attempt)
    return turn


class Listener:
    """Stands in for the publisher and keeps the last event of each type, and its topic."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.topics: dict[str, str] = {}

    def publish(self, topic: str, event: dict[str, Any]) -> None:
        self.events[event["type"]] = {"id": "", **event}
        self.topics[event["type"]] = topic


@pytest.fixture
def listener(db: None, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """One that has heard everything there is to hear."""
    listener = Listener()
    monkeypatch.setattr(live, "publish", listener.publish)
    announcer, held = Announcer(uuid.uuid4()), Held(1, 1)
    announcer.started(held, persona=persona_form(None), provider=PROVIDER)
    announcer.delta(held, at=0, text="")
    announcer.block(held, at=0, end=0, html="")
    announcer.restarted(held, reason="")
    announce_question(turn_with("queued"))
    announce_waiting(turn_with("queued"), WAITING)
    announce_path(turn_with("queued").session)
    announce_stop(turn_with("streaming"))
    announce_wish(turn_with("complete"))
    announce_session(turn_with("queued").session)
    for status in ENDINGS:
        step = Step("", "", "", "", Outcome.ANSWERED, 1)
        announce_turn(turn_with(status, provider=PROVIDER, usage=USAGE, story=[step.to_json()]))
    return listener


def test_every_example_of_a_browsers_frame_is_accepted() -> None:
    for example in FROM_BROWSER:
        frames.read_frame(json.dumps(example))


def test_every_frame_of_a_browser_has_an_example_with_all_its_fields() -> None:
    in_code = {
        name: set(frame.model_fields)
        for frame in get_args(frames.Frame)
        for name in get_args(frame.model_fields["type"].annotation)
    }

    assert {each["type"]: set(each) for each in FROM_BROWSER} == in_code


def test_every_event_of_a_session_is_explained(listener: Listener) -> None:
    headings = " ".join(line for line in EVENTS.splitlines() if line.startswith("### "))
    heard = {kind for kind, topic in listener.topics.items() if topic.startswith("session:")}

    assert heard <= set(re.findall(r"`([a-z_.]+)`", headings))


def test_the_wish_to_stop_is_heard_by_workers_only(listener: Listener) -> None:
    assert listener.topics["stop"] == "control"


@pytest.mark.parametrize(
    "kind",
    ["message", "path", "session.changed", *(name for name in FROM_SERVER if name.startswith("turn."))],
)
def test_the_example_of_an_event_has_its_fields(kind: str, listener: Listener) -> None:
    example, heard = FROM_SERVER[kind], listener.events[kind]

    assert set(example) == set(heard)
    # The parts that the example leaves empty are shown by another one.
    assert names_in(example) <= names_in(heard)


def test_all_endings_of_a_turn_have_the_same_fields(listener: Listener) -> None:
    endings = [names_in(listener.events[f"turn.{kind}"]) for kind in ENDINGS.values()]

    assert all(each == names_in(FROM_SERVER["turn.done"]) for each in endings)


@pytest.mark.django_db  # whether a session rests is an engine setting
def test_the_examples_of_answers_have_their_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = turn_with("queued")
    turn.session.greeting, turn.session.next_position = {"text": "Hello."}, 3
    monkeypatch.setattr("chat.presenting.versions_on", lambda turns: ({1: ONLY}, {1: ONLY}))
    snapshot = {"type": "", "id": "", **conversation_form(turn.session, [turn], {})}
    accepted = {"type": "", "client_id": "", **exchange_form(turn, is_only=True), "position": 2}

    assert names_in(FROM_SERVER["snapshot"]) == names_in(snapshot)
    assert names_in(FROM_SERVER["accepted"]) == names_in(accepted)
    assert names_in(FROM_SERVER["error"]) == names_in({"type": "", **error_body("", "", {"client_id": ""})})


def test_everything_the_consumer_says_has_an_example() -> None:
    said = {
        value.value
        for node in ast.walk(CONSUMER)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant)
    }

    assert {"snapshot", "accepted", "error", "pong"} <= said <= set(FROM_SERVER)


def test_the_example_of_activity_has_its_fields_and_its_sentence() -> None:
    example = ACTIVITY["events"][0]
    event = Event(pk=7, kind=example["kind"], facts=example["facts"], at=timezone.now())

    assert names_in(event_form(event)) == names_in(example)
    assert event_form(event)["text"] == example["text"]
    assert set(ACTIVITY) == {"id", "type", "events"}


def test_every_kind_of_event_that_has_a_sentence_of_its_own_is_explained() -> None:
    emitted = {
        call.args[0].value
        for path in (ROOT / "chat/noting.py", ROOT / "usage/noting.py", ROOT / "accounts/audit/logins.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "emit"
        if isinstance(call.args[0], ast.Constant)
    }
    explained = {kind for row in rows_of(PAGE, heading="The activity stream") for kind in code_in(row[0])}

    assert emitted <= explained


def test_every_closing_code_is_explained() -> None:
    doors = (
        "chat/consumers.py",
        "diagnostics/consumers.py",
        "accounts/sockets.py",
        "accounts/open_sockets.py",
    )
    trees = [ast.parse((ROOT / door).read_text()) for door in doors]
    numbers = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    codes = {each for each in numbers if isinstance(each, int) and 1000 <= each < 5000}

    assert codes | {RESTARTING} == {int(row[0]) for row in rows_of(PAGE, heading="Closing codes")}
