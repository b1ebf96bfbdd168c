"""The replies that the scripted provider has for a demo: picked by rules, and never taken for a model's."""

import pytest

from providers.calls import CallRequest, Utterance, Voice
from providers.improvising import improvise
from providers.improvising.picking import topics

JANE = Voice(
    slug="jane", name="Jane", common_phrases=("Take your time, I'm listening.", "What does the log say?")
)
NOBODY = Voice(slug="nobody", name="Nobody")


def reply_to(*said: str, voice: Voice = NOBODY) -> str:
    roles = ("user", "assistant")
    messages = tuple(Utterance(roles[index % 2], text) for index, text in enumerate(said))
    return improvise(CallRequest("", messages, voice=voice))


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("Write me a Python function", "```"),
        ("Compare tea and coffee for me", "**"),
        ("Help me plan my week", "|"),
        ("What can I cook with an egg?", "onion"),
    ],
)
def test_a_reply_goes_with_what_was_asked(message: str, part: str) -> None:
    topic = next(each for each in topics() if each.words & set(message.lower().split()))

    assert any(part in reply for reply in topic.replies)
    assert reply_to(message) in {reply.format(it="", It="", name="").strip() for reply in topic.replies}


@pytest.mark.parametrize("question", ["Are you an AI?", "Which model is this?", "are you human"])
def test_asked_what_it_is_it_says_that_it_is_a_script(question: str) -> None:
    reply = reply_to(question)

    assert "nobody is thinking" in reply or "no model" in reply


def test_it_opens_with_a_phrase_of_the_persona_but_never_with_a_question_of_it() -> None:
    assert reply_to("Good morning", voice=JANE).startswith("Take your time, I'm listening.\n\n")


def test_the_same_chat_gets_the_same_reply_and_asking_again_another_one() -> None:
    first = reply_to("xyzzy")

    assert reply_to("xyzzy") == first
    assert reply_to("xyzzy", first, "xyzzy") != first


@pytest.mark.parametrize("text", ["", "   ", "{it} {0} {", "?!", "*" * 5000, "\x00", "شكرا"])
def test_whatever_is_said_there_is_a_reply(text: str) -> None:
    assert reply_to(text)


def test_somebody_in_danger_is_not_answered_by_a_joke() -> None:
    assert "emergency" in reply_to("I want to kill myself").lower()


def test_every_reply_can_be_said() -> None:
    for topic in topics():
        for reply in topic.replies:
            assert reply.format(it="how to swim", It="How to swim", name="Jane").strip()
