"""Runs over the API: started, read, stopped, by those who may."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.keys import make_key
from accounts.models import User
from diagnostics.fidelity.reading import run_by_id
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from tests.chat.working import told_tasks
from tests.diagnostics.fidelity.conftest import OUT_OF_VOICE, Speak, Start, finish, in_voice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]

AsUser = Callable[[User], Client]


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(path, json.dumps(data), content_type="application/json")


def test_a_run_is_started_for_workers_and_listed(
    speak: Speak, jane: Persona, dora: User, vic: User, as_user: AsUser, eventually: Callable[..., None]
) -> None:
    speak("main", in_voice(jane))

    answer = post(as_user(dora), "/api/personas/jane/fidelity", speakers=["main"])

    assert answer.status_code == 202
    run = answer.json()
    assert (run["state"], run["starter"], run["persona_slug"]) == ("running", "dora", "jane")
    assert run["calls"] == len(golden_dialogues(jane))
    eventually(lambda: ("diagnostics.tasks.go_on_with_fidelity", [run["id"]]) in told_tasks())
    assert as_user(vic).get("/api/personas/jane/fidelity").json()["results"] == [run]


def test_a_report_says_how_far_each_speaker_drifts(
    speak: Speak, start: Start, jane: Persona, dora: User, as_user: AsUser
) -> None:
    speak("main", in_voice(jane))
    speak("loud", OUT_OF_VOICE)
    run = finish(start())

    report = as_user(dora).get(f"/api/fidelity/{run.pk}").json()

    words = {each["name"]: each["word"] for each in report["speakers"]}
    assert (words["main"], words["loud"]) == ("close", "off")
    tone = next(each["measures"]["tone"] for each in report["speakers"] if each["name"] == "loud")
    assert (tone["word"], tone["was"]) == ("off", None)
    first = report["dialogues"][0]
    reply = next(each for each in first["replies"] if each["speaker"] == "main")
    assert (reply["text"], reply["markers"]) == (first["golden"]["text"], first["golden"]["markers"])
    assert (report["done"], report["current"]) == (report["calls"], "")


def test_what_was_said_is_for_those_who_may_see_prompts(
    speak: Speak, start: Start, sue: User, vic: User, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    run = finish(start())
    key = make_key(sue, name="watch", scopes=["diagnostics"]).text
    whole_key = make_key(sue, name="all", scopes=["diagnostics", "admin"]).text

    def dialogues(client: Client, **headers: str) -> Any:
        return client.get(f"/api/fidelity/{run.pk}", headers=headers).json()["dialogues"]

    assert dialogues(as_user(vic)) == []
    assert dialogues(Client(), Authorization=f"Bearer {key}") == []
    assert dialogues(Client(), Authorization=f"Bearer {whole_key}")


def test_a_second_start_is_refused_while_the_first_goes_on(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    post(as_user(dora), "/api/personas/jane/fidelity")

    answer = post(as_user(dora), "/api/personas/jane/fidelity")

    assert (answer.status_code, answer.json()["code"]) == (409, "fidelity_running")


def test_it_is_stopped_once_and_stays_as_it_is(
    speak: Speak, start: Start, dora: User, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    run = start()

    states = [post(as_user(dora), f"/api/fidelity/{run.pk}/stop").json() for _ in range(2)]

    assert [each["state"] for each in states] == ["stopped", "stopped"]
    assert states[0]["ended_at"] == states[1]["ended_at"]


def test_an_inactive_persona_is_checked_before_it_is_published(
    speak: Speak, jane: Persona, dora: User, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    Persona.objects.filter(pk=jane.pk).update(is_active=False)

    run = post(as_user(dora), "/api/personas/jane/fidelity", speakers=["main"]).json()

    assert finish(run_by_id(run["id"])).state == "ended"


def test_nobody_knows_a_persona_that_is_not_there(dora: User, as_user: AsUser) -> None:
    answer = post(as_user(dora), "/api/personas/nobody/fidelity")

    assert (answer.status_code, answer.json()["code"]) == (404, "persona_not_found")
