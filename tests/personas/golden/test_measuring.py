"""What is counted in one reply."""

import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.golden.dialogues import GoldenDialogue
from personas.golden.measuring import Measures, measure
from personas.golden.words import MOST_CHARACTERS

QUESTION = GoldenDialogue(
    name="Tea",
    question="What now?",
    reply="Let's put the kettle on.",
    markers=("kettle", "no hurry", "tea", "🫖"),
    avoids=("language model", "!"),
)
PHRASES = ("Take your time, I'm listening.", "One thing at a time, and the rest will wait its turn.", "Fine.")


def of(text: str) -> Measures:
    return measure(text, dialogue=QUESTION, phrases=PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        "Take your time, I'm listening.",
        "take your time — I’m listening",
        "Well, take your time now, I'm listening.",
        "Take your time. I'm still listening to you.",
    ],
)
def test_a_phrase_is_found_whatever_its_case_and_punctuation_and_with_a_word_between(text):
    assert of(text).phrases == PHRASES[:1]


def test_a_long_phrase_may_differ_in_one_word_of_five():
    assert of("One step at a time, and the rest can wait its turn.").phrases == PHRASES[1:2]
    assert of("One by one, and some of it will wait.").phrases == ()


@pytest.mark.parametrize("text", ["Take the time.", "I'm listening, so take your time.", "Take your coat."])
def test_words_of_a_phrase_in_another_sense_are_none(text):
    assert of(text).phrases == ()


def test_a_marker_is_a_whole_word_in_any_case():
    assert of("Kettle on, TEA for two. No hurry 🫖").markers == ("kettle", "no hurry", "tea", "🫖")
    assert of("A teapot, kettles, no great hurry.").markers == ()


def test_what_a_voice_avoids_may_be_a_sign():
    assert of("As a Language Model, yes!").avoided == ("language model", "!")
    assert of("Fine.").avoided == ()


def test_style_tells_a_list_from_prose_and_an_exclamation_from_a_question():
    shouted = of("Go! Now! Why not? 🎉").style
    assert (shouted.exclamations, shouted.questions) == (2 / 3, 1 / 3)
    assert shouted.emoji == 25
    assert of("- one\n- two\n3. three\nand four").style.lists == 0.75
    assert of("I think you, my friend, should go.").style.first_person == 2 / 7
    assert of("I think you, my friend, should go.").style.second_person == 1 / 7


def test_german_counts_as_english_does():
    counted = of("Ich mag dich, und du magst mich.")
    assert (counted.style.first_person, counted.style.second_person) == (2 / 7, 2 / 7)


@given(st.text(max_size=400) | st.text(alphabet="a .!?\n-1'’I*🎉", max_size=400))
def test_any_text_gives_finite_numbers_in_their_range(text):
    counted = of(text)
    style = asdict(counted.style)
    assert all(math.isfinite(value) and value >= 0 for value in style.values())
    shares = ("questions", "exclamations", "lists", "first_person", "second_person")
    assert all(style[name] <= 1 for name in shares)
    assert counted.words >= 0
    assert style["emoji"] <= 100


def test_of_a_very_long_text_only_the_beginning_is_looked_at():
    assert of("a " * MOST_CHARACTERS).words == MOST_CHARACTERS // 2
