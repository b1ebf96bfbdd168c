"""Personas that are edited, switched off or deleted, before, between and during replies (D02)."""

from collections.abc import Callable

import pytest

from chat.models import Turn, TurnStatus
from chat.snapshots import conversation_snapshot
from personas.models import Persona
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import answering_in_thread, reply_to
from tests.playing import PlayingServer, numbered

MakeProvider = Callable[..., Provider]


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_engine")
def test_a_persona_edited_between_two_replies_speaks_the_new_way(
    say: Say, provider: MakeProvider, playing: PlayingServer, jane: Persona
) -> None:
    provider("say:Yes.")
    first = say().turn
    reply_to(first)
    Persona.objects.filter(pk=jane.pk).update(tone="gruff as an old sailor")
    reply_to(say(session_id=first.session_id).turn)

    before, after = (call.system for call in playing.calls)
    assert "gruff as an old sailor" not in before
    assert "gruff as an old sailor" in after


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_engine")
def test_a_persona_edited_while_a_message_waits_answers_it_the_new_way(
    say: Say, provider: MakeProvider, playing: PlayingServer, jane: Persona
) -> None:
    provider("say:Yes.")
    turn = say().turn
    Persona.objects.filter(pk=jane.pk).update(tone="gruff as an old sailor")

    reply_to(turn)

    assert "gruff as an old sailor" in playing.calls[0].system


@pytest.mark.django_db
def test_a_persona_switched_off_while_a_message_waits_still_answers_it(
    say: Say, provider: MakeProvider, jane: Persona
) -> None:
    provider("say:Yes.")
    turn = say().turn
    Persona.objects.filter(pk=jane.pk).update(is_active=False)

    assert reply_to(turn).text == "Yes."


@pytest.mark.django_db
def test_a_persona_deleted_while_a_message_waits_is_stood_in_for_by_the_neutral_voice(
    say: Say, provider: MakeProvider, playing: PlayingServer, jane: Persona
) -> None:
    provider("say:Yes.")
    turn = say().turn
    jane.delete()

    assert reply_to(turn).text == "Yes."
    assert "Jane" not in playing.calls[0].system


def edit(jane: Persona) -> None:
    Persona.objects.filter(pk=jane.pk).update(name="Johanna")


def switch_off(jane: Persona) -> None:
    Persona.objects.filter(pk=jane.pk).update(is_active=False)


def delete(jane: Persona) -> None:
    jane.delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
@pytest.mark.parametrize("change", [edit, switch_off, delete], ids=lambda change: change.__name__)
def test_a_running_reply_goes_on_as_it_began_whatever_happens_to_its_persona(
    say: Say, provider: MakeProvider, playing: PlayingServer, jane: Persona, change
) -> None:
    provider("tokens:60@100")
    turn = say().turn
    answering = answering_in_thread(turn)
    playing.calls.wait_until(lambda calls: calls and calls[0].first_token)

    change(jane)
    answering.result(60)

    turn = Turn.objects.get(pk=turn.pk)
    assert turn.status == TurnStatus.COMPLETE
    assert turn.current_attempt is not None
    assert turn.current_attempt.text == numbered(60)
    assert (turn.snapshot["slug"], turn.snapshot["name"]) == ("jane", "Jane")


@pytest.mark.django_db
def test_history_stays_readable_when_its_persona_is_deleted(
    say: Say, provider: MakeProvider, jane: Persona
) -> None:
    provider("say:Yes.")
    turn = say("Hello").turn
    reply_to(turn)
    jane.delete()

    form = conversation_snapshot(turn.session.owner, turn.session_id).form

    assert form["messages"][0]["text"] == "Hello"
    assert form["turns"][0]["text"] == "Yes."
    assert (form["turns"][0]["persona"]["slug"], form["turns"][0]["persona"]["name"]) == ("jane", "Jane")
