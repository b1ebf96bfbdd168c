"""A canary: what Alice told Jane is looked for everywhere that Bob, staff, models and the log can see."""

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from chat import learning, lessons
from chat.branching import edit_and_resend, regenerate
from chat.briefs import Brief
from chat.models import Attempt, Message, Session, Turn
from chat.services import submit_message
from chat.titling import name_session
from chat.transient import submit_transient
from diagnostics import health
from diagnostics.activity.recording import Recording
from memory.models import Memory
from memory.services import usable
from personas.models import Persona
from providers.calls import Utterance
from providers.models import EngineSettings, Provider
from tests.api.test_rights import filled, operations, routes
from tests.chat.working import answering_in_thread, reply_to
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

CANARY = "Quadrivia"
TOLD = f"I play the zibeline of {CANARY}."
_OWNERS = {
    "chat_session": lambda pk: Session.objects.get(pk=pk).owner,
    "chat_message": lambda pk: Message.objects.get(pk=pk).session.owner,
    "chat_turn": lambda pk: Turn.objects.get(pk=pk).session.owner,
    "chat_attempt": lambda pk: Attempt.objects.get(pk=pk).turn.session.owner,
    "memory_memory": lambda pk: Memory.objects.get(pk=pk).person,
}


@pytest.fixture(autouse=True)
def _a_provider_that_can_be_asked(
    provider: Callable[..., Provider], quick_engine: EngineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider("m")
    EngineSettings.objects.update(titles_by_model=True)
    monkeypatch.setattr(health, "PART_SECONDS", 0.6)


@pytest.fixture
def told(playing: PlayingServer, alice: User, jane: Persona) -> Turn:
    """Alice has told it, and Jane has learned it."""
    playing.cast("m", "say:Aha.")
    turn = submit_message(alice, text=TOLD, client_id="told").turn
    reply_to(turn)
    learn_from(
        playing,
        {
            "do": "add",
            "kind": "fact",
            "text": f"Plays the zibeline of {CANARY}.",
            "quote": "I play the zibeline",
        }
        | {"sources": [turn.question_id]},
    )
    assert usable().get(person=alice).text == f"Plays the zibeline of {CANARY}."
    return turn


def learn_from(playing: PlayingServer, *operations: dict[str, object]) -> None:
    Turn.objects.filter(is_unlearned=True).update(finished_at=F("finished_at") - timedelta(minutes=2))
    playing.cast("m", f"say:{json.dumps({'operations': operations})}")
    for persona_id, person_id in learning.due():
        lessons.learn(persona_id=persona_id, person_id=person_id)
    playing.cast("m", "say:Aha.")


def talk(person: User, persona: Persona) -> list[Turn]:
    """Everything one can ask Jane for, and all of it at once."""
    name = person.username
    say = partial(submit_message, person, persona_slug="jane")
    first, *others = [say(text=f"{name}: the zibeline?", client_id=f"{name}-{n}").turn for n in range(4)]
    brief = Brief(dialogue=(Utterance("user", f"{name}: who plays the zibeline?"),))
    program = submit_transient(person, session_id=uuid4(), persona=persona, brief=brief)
    wait([answering_in_thread(each) for each in (first, program, *others)], timeout=60)
    edited = edit_and_resend(first.question, text=f"{name}: and now?", client_id=f"{name}-edited").turn
    again = regenerate(Turn.objects.get(pk=others[0].pk))
    wait([answering_in_thread(each) for each in (edited, again)], timeout=60)
    name_session(others[1].pk)
    return [first, program, *others, edited, again]


def rows_with_it() -> Iterator[tuple[str, Any]]:
    """Table and key of each row that holds it, whatever the column; the index of words is made from these."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if "_search" in table:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [each[0] for each in cursor.description]
            for row in cursor.fetchall():
                if CANARY.lower() in str(row).lower():
                    yield table, dict(zip(columns, row, strict=True))["id"]


def content_of(client: Client, path: str) -> str:
    answer = client.get(path)
    if not answer.streaming:
        return answer.content.decode(errors="replace")
    return b"".join(answer).decode(errors="replace")


def test_no_model_is_told_it_when_others_ask_and_no_row_of_others_holds_it(
    told: Turn,
    playing: PlayingServer,
    alice: User,
    bob: User,
    jane: Persona,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with Recording():
        for person in (alice, bob):
            talk(person, jane)
        both = [submit_message(each, text=f"{each.username}: again", client_id=f"{each}-again-{n}").turn
                for n in range(5) for each in (alice, bob)]  # fmt: skip
        wait([answering_in_thread(each) for each in both], timeout=60)
        learn_from(playing)
        learn_from(playing)

    of_bob = [each for each in playing.calls if "bob:" in f"{each.messages}"]
    with_it = [each for each in playing.calls if CANARY in f"{each.system}{each.messages}"]
    assert len(of_bob) > 10
    assert len(with_it) > 10
    assert not [each for each in with_it if "bob:" in f"{each.messages}"]
    found = list(rows_with_it())
    assert {table for table, _ in found} >= {"chat_message", "chat_turn", "memory_memory"}
    assert {(table, _OWNERS[table](pk).username) for table, pk in found} == {
        (table, "alice") for table, _ in found
    }
    assert CANARY not in caplog.text


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_nobody_else_finds_it_on_any_page_or_in_any_answer(
    told: Turn,
    playing: PlayingServer,
    alice: User,
    bob: User,
    sue: User,
    jane: Persona,
    as_user: Callable[[User], Client],
) -> None:
    used = submit_message(alice, text="What about my zibeline?", client_id="used").turn
    reply_to(used)
    assert CANARY in content_of(as_user(alice), f"/api/turns/{used.pk}/receipt")
    pages = [f"/{each}" for each in routes(get_resolver().url_patterns) if "^" not in each]
    answers = [each.removeprefix("GET ") for each in operations() if each.startswith("GET ")]
    asked = {filled(each, used) for each in (*pages, *answers)}
    asked |= {"/api/search?q=zibeline", "/chat/search/?q=zibeline", "/memory/of/jane/?q=zibeline"}
    asked |= {"/api/bots/jane/memory/warm?person=alice&q=zibeline", "/api/bots/jane/memory?person=alice"}
    of_staff = {f"/admin/{each._meta.app_label}/{each._meta.model_name}/" for each in admin.site._registry}
    of_staff |= {f"{each}?q=zibeline" for each in of_staff}

    assert len(asked) > 80
    for person, paths in ((bob, asked), (sue, asked | of_staff)):
        client = as_user(person)
        assert [path for path in sorted(paths) if CANARY in content_of(client, path)] == []
