"""A reply from its question to its end, by way of a provider over real HTTP."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.answering import answer_turn
from chat.models import Turn, TurnStatus
from chat.services import run_turn_again
from personas.models import Persona
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from tests.playing import PlayingServer, numbered
from usage.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]

MakeProvider = Callable[..., Provider]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_reply_is_stored_whole_with_who_gave_it(say: Say, provider: MakeProvider, kind: str) -> None:
    provider("say:Read *a poem* tonight.", kind=kind)
    turn = say().turn

    reply = reply_to(turn)

    assert (turn.status, reply.status) == (TurnStatus.COMPLETE, TurnStatus.COMPLETE)
    assert reply.text == "Read *a poem* tonight."
    assert reply.html == "<p>Read <em>a poem</em> tonight.</p>\n"
    assert reply.provider is not None
    assert (reply.provider["name"], reply.provider["is_fallback"]) == ("main", False)
    assert reply.provider["model"] == "say:Read *a poem* tonight."
    assert turn.finished_at is not None
    assert turn.lease_until is None


def test_a_reply_keeps_the_tokens_its_provider_counted(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("tokens:7")

    reply = reply_to(say().turn)

    counted = {"tokens_in": playing.calls[0].tokens_in, "tokens_out": 7, "tokens_cached": 0}
    assert reply.usage == counted | {"is_estimated": False, "is_cut": False}


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize(("tokens", "is_cut"), [(7, True), (16, False)])
def test_a_reply_that_reached_the_limit_of_tokens_is_marked(
    say: Say, jane: Persona, provider: MakeProvider, kind: str, tokens: int, is_cut: bool
) -> None:
    Persona.objects.filter(pk=jane.pk).update(max_tokens=tokens)
    provider("tokens:10", kind=kind)

    reply = reply_to(say().turn)

    assert reply.usage is not None
    assert (reply.text, reply.usage["is_cut"]) == (numbered(min(10, tokens)), is_cut)


def test_a_reply_tells_the_story_of_who_was_asked(say: Say, provider: MakeProvider) -> None:
    provider("status:500", name="first", priority=1)
    provider("say:Here I am.", name="second", priority=2)

    reply = reply_to(say().turn)

    steps = [(step["provider"], step["outcome"], step["code"]) for step in reply.story]
    assert steps == [("first", "failed", "server_failed"), ("second", "answered", "")]
    assert reply.text == "Here I am."


def test_a_session_hears_the_reply_grow_and_end(say: Say, provider: MakeProvider, listen) -> None:
    provider("tokens:40@400")
    turn = say().turn
    ears = listen(turn.session_id)

    reply = reply_to(turn)

    kinds = ears.kinds
    assert (kinds[0], kinds[-1]) == ("turn.started", "turn.done")
    assert set(kinds[1:-1]) == {"turn.delta"}
    assert len(kinds) > 3
    assert ears.text(turn.pk, 1) == ears.events[-1]["text"] == reply.text


def test_what_a_session_hears_is_in_the_order_of_its_ids(say: Say, provider: MakeProvider, listen) -> None:
    provider("tokens:40@400")
    turn = say().turn
    ears = listen(turn.session_id)

    answer_turn(turn.pk)

    ids = [event["id"] for event in ears.events]
    assert ids == sorted(set(ids))


def test_the_end_that_a_session_hears_is_what_is_stored(say: Say, provider: MakeProvider, listen) -> None:
    provider("say:Read **this**.")
    turn = say().turn
    ears = listen(turn.session_id)

    reply = reply_to(turn)

    heard = ears.events[-1]
    stored = (reply.text, reply.html, reply.provider, reply.usage, reply.story)
    assert tuple(heard[name] for name in ("text", "html", "provider", "usage", "story")) == stored


def test_text_beyond_ascii_arrives_as_it_was_written(say: Say, provider: MakeProvider, listen) -> None:
    provider("say:naïve 😀 👩‍👩‍👧 नमस्ते שלום 漢字")
    turn = say().turn
    ears = listen(turn.session_id)

    assert reply_to(turn).text == "naïve 😀 👩‍👩‍👧 नमस्ते שלום 漢字" == ears.text(turn.pk, 1)


def test_without_any_provider_the_fallback_voice_answers_and_says_so(say: Say) -> None:
    reply = reply_to(say().turn)

    assert reply.status == TurnStatus.COMPLETE
    assert reply.text
    assert reply.provider is not None
    assert reply.provider["is_fallback"] is True
    assert reply.usage is not None
    assert reply.usage["is_estimated"] is True


def test_a_turn_is_answered_once_however_often_workers_are_told(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("say:Once.")
    turn = say().turn

    for _ in range(3):
        answer_turn(turn.pk)

    assert playing.calls.total == 1
    assert turn.attempts.count() == 1


def test_a_turn_that_is_no_more_is_no_mistake(db: None) -> None:
    answer_turn(2**40)


def test_a_turn_waits_until_the_one_before_it_has_ended(say: Say, playing: PlayingServer) -> None:
    first = say().turn
    second = say(session_id=first.session_id).turn

    answer_turn(second.pk)
    assert Turn.objects.get(pk=second.pk).status == TurnStatus.QUEUED

    answer_turn(first.pk)
    answer_turn(second.pk)
    assert Turn.objects.get(pk=second.pk).status == TurnStatus.COMPLETE


def test_the_personas_own_length_and_temperature_go_to_the_provider(
    say: Say, provider: MakeProvider, playing: PlayingServer, jane: Persona
) -> None:
    provider("say:Yes.")
    Persona.objects.filter(pk=jane.pk).update(max_tokens=77, temperature=0.3)

    answer_turn(say().turn.pk)

    assert (playing.calls[0].max_tokens, playing.calls[0].body["temperature"]) == (77, 0.3)


def test_settings_of_the_engine_count_from_the_next_reply_on(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("say:Yes.")
    answer_turn(say().turn.pk)
    EngineSettings.objects.update(max_output=99)
    answer_turn(say().turn.pk)

    assert [call.max_tokens for call in playing.calls] == [1024, 99]


@pytest.mark.parametrize("field", ["traits", "common_phrases", "quirks"])
def test_a_fault_of_ours_ends_the_reply_as_failed_and_it_can_be_run_again(
    say: Say, provider: MakeProvider, jane: Persona, listen, field: str
) -> None:
    """A persona broken past its form stands for any fault inside VALIS."""
    provider("say:All is well.")
    turn = say().turn
    ears = listen(turn.session_id)
    sound = getattr(jane, field)
    Persona.objects.filter(pk=jane.pk).update(**{field: {"creativity": "very"} if field == "traits" else 5})

    reply = reply_to(turn)
    assert (turn.status, reply.code) == (TurnStatus.FAILED, "internal_error")
    assert reply.reason
    assert ears.kinds[-1] == "turn.failed"

    Persona.objects.filter(pk=jane.pk).update(**{field: sound})
    run_turn_again(turn)
    assert (reply_to(turn).text, turn.status) == ("All is well.", TurnStatus.COMPLETE)


def test_the_person_and_the_persona_are_named_in_the_ledger(
    say: Say, provider: MakeProvider, alice: User
) -> None:
    provider("say:Yes.")
    turn = say().turn
    answer_turn(turn.pk)

    call = Call.objects.get()
    assert (call.user, call.persona_slug, call.turn_id, call.attempt) == (alice, "jane", turn.pk, 1)
    assert call.request_id == turn.request_id != ""
