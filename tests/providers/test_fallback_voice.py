import asyncio
import itertools
import unicodedata

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from personas.models import Persona
from personas.shipped_files import read_shipped
from providers.base import ProviderConfig, provider_classes
from providers.calls import (
    NEUTRAL_VOICE,
    CallRequest,
    Finished,
    TextDelta,
    Utterance,
    Voice,
    estimate_tokens,
)
from providers.fallback_voice import compose, in_pieces
from providers.fallback_voice.intents import Intent
from providers.fallback_voice.manners import FOREIGN, SHARED, manner_of

SHIPPED = {values["slug"]: Persona(**values).snapshot().voice for values in read_shipped()}
JANE = SHIPPED["jane"]
EVERYDAY = (
    "Hello!",
    "How do I boil an egg?",
    "Write me a poem about autumn.",
    "I went hiking yesterday.",
    "Who are you?",
    "What can you do?",
)


def request(*said, voice=JANE, **options) -> CallRequest:
    messages = tuple(Utterance("user", text) for text in said)
    return CallRequest(system="", messages=messages, voice=voice, **options)


def reply(*said, voice=JANE) -> str:
    return compose(request(*said, voice=voice))


def dialogue(*said, voice=JANE) -> list[str]:
    """The replies to these messages, each with what was said before it in view."""
    history: list[Utterance] = []
    for text in said:
        history.append(Utterance("user", text))
        answer = compose(CallRequest(system="", messages=tuple(history), voice=voice))
        history.append(Utterance("assistant", answer))
    return [utterance.text for utterance in history if utterance.role == "assistant"]


async def streamed(call: CallRequest) -> list:
    provider = provider_classes()["fallback"](ProviderConfig(name="fallback", kind="fallback"))
    return [event async for event in provider.stream(call)]


anything = st.text(st.characters(), max_size=120) | st.sampled_from(
    [
        "",
        "\x00",
        "\ud83d",
        "{it}",
        "“”",
        "مرحبا",
        "👩‍👩‍👧‍👦",
        "what is 2**99999",
        "my name is {name}",
        "a" * 61,
    ]
)
voices = st.builds(
    Voice,
    slug=st.sampled_from(["", "robin"]),
    name=anything,
    role=anything,
    tone=anything | st.sampled_from([voice.tone for voice in SHIPPED.values()]),
    common_phrases=st.lists(anything, max_size=3).map(tuple),
    quirks=st.lists(anything, max_size=2).map(tuple),
    topics=st.lists(anything, max_size=2).map(tuple),
)
histories = st.lists(
    st.builds(Utterance, st.sampled_from(["user", "assistant"]), anything | st.sampled_from(EVERYDAY)),
    max_size=6,
).map(tuple)


@given(voices, histories, st.integers(0, 200))
def test_it_never_fails_and_always_says_something_that_can_be_stored(voice, history, max_tokens):
    call = CallRequest(system="", messages=history, voice=voice, max_tokens=max_tokens)
    text = compose(call)
    assert text.strip()
    assert text == compose(call)
    assert "".join(in_pieces(text)) == text
    text.encode("utf-8")
    assert not [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs")]


@pytest.mark.parametrize("unit", ["word ", "a", "!", "(", "😀", "مرحبا ", "1+", "my name is ", "I am so "])
def test_a_message_of_sixty_kilobytes_gets_a_short_reply(unit):
    text = reply(unit * (60_000 // len(unit)))
    assert 0 < len(text) < 600


def test_it_streams_a_few_words_at_a_time_and_says_that_it_is_finished():
    call = request("Hello!")
    *deltas, finished = asyncio.run(streamed(call))
    assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas)
    assert len(deltas) > 3
    assert "".join(delta.text for delta in deltas) == compose(call)
    assert isinstance(finished, Finished)
    assert finished.usage.is_estimated
    assert finished.usage.tokens_in == estimate_tokens("", "Hello!")
    assert finished.usage.tokens_out == estimate_tokens(compose(call))


def test_without_any_history_it_still_answers():
    assert asyncio.run(streamed(CallRequest(system="", messages=())))[:-1]


@pytest.mark.parametrize("voice", [*SHIPPED.values(), NEUTRAL_VOICE], ids=lambda voice: voice.name)
def test_every_reply_says_that_there_is_no_model_and_stays_short(voice):
    for text in dialogue(*EVERYDAY, "I feel sad", "thanks", "12 * 7", "no", "bye", voice=voice):
        assert "model" in text.lower() or "unaccompanied" in text
        assert len(text.split()) <= 75


@pytest.mark.parametrize("voice", [*SHIPPED.values(), NEUTRAL_VOICE], ids=lambda voice: voice.name)
@pytest.mark.parametrize("message", ["Hello!", "Why?", "ok", "thanks", "I feel sad", "😀", "Hola, ¿qué tal?"])
def test_the_same_message_again_gets_another_reply(voice, message):
    replies = dialogue(*[message] * 5, voice=voice)
    assert all(first != second for first, second in itertools.pairwise(replies))


def test_replies_differ_also_when_earlier_ones_are_not_in_view():
    replies = [reply(*["Why is the sky blue?"] * turns) for turns in range(1, 6)]
    assert all(first != second for first, second in itertools.pairwise(replies))


def test_the_same_chat_gives_the_same_reply():
    assert len({reply("Hello!", "How do I boil an egg?") for _ in range(5)}) == 1


def test_every_shipped_persona_sounds_like_itself_and_like_nobody_else():
    for message in EVERYDAY:
        assert len({reply(message, voice=voice) for voice in SHIPPED.values()}) == len(SHIPPED)
    for voice in SHIPPED.values():
        said = " ".join(dialogue(*EVERYDAY, voice=voice))
        assert any(phrase in said for phrase in voice.common_phrases)
        others = [other for other in SHIPPED.values() if other is not voice]
        assert not [phrase for other in others for phrase in other.common_phrases if phrase in said]


def test_every_shipped_persona_has_a_manner_of_its_own():
    manners = [manner_of(voice.tone) for voice in SHIPPED.values()]
    assert len({manner.honest for manner in manners}) == len(SHIPPED)
    assert manner_of("") not in manners


def test_an_unknown_persona_speaks_neutrally_and_borrows_from_nobody():
    said = " ".join(dialogue(*EVERYDAY, voice=NEUTRAL_VOICE))
    assert (
        "I'm the neutral voice of VALIS." in said or "You're talking to the neutral voice of VALIS." in said
    )
    for voice in SHIPPED.values():
        assert voice.name not in said
        assert not [phrase for phrase in voice.common_phrases if phrase in said]


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("hey Jane!", "greeting"),
        ("Thanks a lot, Jane", "thanks"),
        ("ok, see you tomorrow", "goodbye"),
        ("Hi Jane, how are you?", "how_are_you"),
        ("test", "test"),
        ("no thanks", "refusal"),
        ("hahaha", "laugh"),
        ("sorry about that", "apology"),
        ("you're so kind", "praise"),
        ("You are useless!", "blame"),
        ("I'm really tired and lonely", "sad"),
        ("my dog died", "sad"),
        ("I'm so happy today", "glad"),
        ("tell me a joke please", "joke"),
    ],
)
def test_it_recognises_what_was_meant(message, intent):
    lines = SHARED.get(intent) or getattr(manner_of(JANE.tone), intent)
    assert any(line.format(name="Jane") in reply(message) for line in lines)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("Who are you?", "Jane, companion and sounding board"),
        ("Are you human?", "made of software"),
        ("What can you do?", "everyday decisions"),
        ("which model are you?", "Providers in admin"),
        ("My name is alice.", "Alice"),
        ("How do I fix my bike?", "ow to fix your bike"),
        ("What is photosynthesis?", "hotosynthesis"),
        ("Should I tell my sister?", "hether to tell your sister"),
        ("Can you write me a letter?", "me to write you a letter"),
        ("I was late for my train", "ou were late for your train"),
        ("Why is the sky blue?", "“Why is the sky blue?”"),
        ("Tell me what you think of me", "“Tell me what you think of me”"),
        ("```\nprint(1)\n```", "3 lines"),
        ("word " * 300, "about 300 words"),
        ("What do you think of libraries and reading?", "books and reading"),
    ],
)
def test_it_answers_to_what_was_asked(message, answer):
    assert answer.lower() in reply(message).lower()


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("what is 12*7?", "12 × 7 = 84"),
        ("2 + 2", "2 + 2 = 4"),
        ("(1 + 2) * -3 =", "(1 + 2) × −3 = −9"),
        ("15% of 80", "= 12"),
        ("10 / 4", "10 ÷ 4 = 2.5"),
        ("10 divided by 3", "10 ÷ 3 ≈ 3.333333"),
        ("0.1 + 0.2", "0.1 + 0.2 = 0.3"),
        ("1 / 0", "nothing can be divided by zero"),
        ("2^10", "2^10 = 1,024"),
    ],
)
def test_small_sums_are_worked_out_exactly(message, answer):
    assert answer in reply(message)


@pytest.mark.parametrize(
    "message",
    ["2026-11-20", "555-1234", "9**9**9**9", "1" * 100 + "+1", "((((1+", "1+", "20/11/2026", "2^-1"],
)
def test_what_is_no_small_sum_is_not_worked_out(message):
    assert "=" not in reply(message)
    assert "≈" not in reply(message)


@time_machine.travel("2026-11-20 14:05:00Z", tick=False)
def test_time_and_date_are_those_of_the_servers_clock():
    assert "14:05 (UTC)" in reply("What time is it?")
    assert "Friday, 20 November 2026" in reply("what day is it today?")


def test_apart_from_them_nothing_depends_on_the_clock():
    with time_machine.travel("2026-01-01 03:00Z", tick=False):
        night = dialogue(*EVERYDAY)
    with time_machine.travel("2027-07-01 15:00Z", tick=False):
        assert dialogue(*EVERYDAY) == night


def test_it_remembers_what_was_said_in_the_chat():
    assert "“I like tea”" in reply("I like tea.", "What did I just say?")
    assert "our name is Alice" in " ".join(dialogue("My name is Alice", "What's my name?"))
    assert "your name" in reply("What's my name?")


def test_somebody_in_danger_is_pointed_to_people_and_to_nothing_else():
    for voice in SHIPPED.values():
        text = reply("I can't go on, I want to kill myself", voice=voice)
        assert "emergency number" in text
        assert not [phrase for phrase in voice.common_phrases if phrase in text]


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("Hallo, wie geht es dir?", "de"),
        ("Bonjour, qui es-tu ?", "fr"),
        ("¿Cómo estás?", "es"),
        ("Ciao!", "it"),
        ("Olá, você pode me ajudar?", "pt"),
        ("Hoe gaat het met je?", "nl"),
        ("Cześć, jak się masz?", "pl"),
        ("Привет, как дела?", "ru"),
        ("Привіт, як твої справи?", "uk"),
        ("Γεια σου", "el"),
        ("مرحبا كيف حالك", "ar"),
        ("שלום", "he"),
        ("नमस्ते", "hi"),
        ("你好", "zh"),
        ("こんにちは", "ja"),
        ("안녕하세요", "ko"),
        ("สวัสดี", "other"),
    ],
)
def test_in_another_language_it_says_in_that_language_how_things_stand(message, language):
    assert FOREIGN[language][0].format(name="Jane") in reply(message)


@pytest.mark.parametrize(
    "message",
    [
        "He was hoping they'd die",
        "I drove from Los Angeles to Las Vegas",
        "Come in, as you are",
        "E = mc2 why",
    ],
)
def test_english_with_foreign_looking_words_is_still_english(message):
    lines = [line.format(name="Jane") for both in FOREIGN.values() for line in both]
    assert not [line for line in lines if line in reply(message)]


@pytest.mark.parametrize(
    "message",
    [
        "<script>alert(1)</script>",
        "# heading *bold* `code` [link](https://evil.example/x)",
        "line\nbreak\u2028here ![x](//evil.example)",
        "turn \u202e around",
    ],
)
def test_what_a_person_wrote_is_repeated_as_one_line_of_plain_text(message):
    text = reply(message, voice=NEUTRAL_VOICE)
    assert not set("<>[]`*#|\n\u2028\u202e") & set(text)
    assert "evil" not in text


def test_a_long_message_is_quoted_short():
    text = reply("The build has been red since the " + "very " * 40 + "first day", voice=NEUTRAL_VOICE)
    quote = text[text.index("“") + 1 : text.index("”")]
    assert len(quote) <= 61
    assert quote.endswith("…")


def test_a_small_token_limit_leaves_only_the_honest_line():
    text = compose(request("How do I boil an egg?", max_tokens=5))
    assert text in manner_of(JANE.tone).honest


def test_no_token_limit_cuts_what_somebody_in_danger_has_to_read():
    assert "emergency number" in compose(request("I want to die", max_tokens=5))


def test_a_greeting_before_a_question_is_returned():
    text = reply("Hi Jane, how do I boil an egg?")
    assert "ow to boil an egg" in text
    assert any(line.format(name="Jane") in text for line in manner_of(JANE.tone).greeting)


def test_every_intent_has_lines_and_every_line_can_be_filled_in():
    values = dict.fromkeys(("it", "It", "name", "who", "time", "date", "quirk", "topic", "topics"), "x")
    tones = ("", *(voice.tone for voice in SHIPPED.values()))
    for tone in tones:
        manner = manner_of(tone)
        lines = {name: getattr(manner, name) for name in manner.__slots__} | SHARED
        assert not [intent for intent in Intent if intent not in lines and intent != "other_language"]
        assert all(line.format(**values) for each in lines.values() for line in each)
        assert len(set(manner.still)) >= 4


@pytest.mark.parametrize("text", ["Hello!", "What should I read tonight?", "Why no model?", "Bonjour !"])
def test_a_notice_is_said_in_place_of_why_else_no_model_speaks(text: str) -> None:
    notice = "I may use only so much in a day."
    reply = compose(CallRequest("", (Utterance("user", text),), notice=notice))

    assert notice in reply
    assert "be reached" not in reply
