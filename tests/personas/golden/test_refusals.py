"""What is taken for a refusal, and what only sounds like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.golden.refusals import looks_like_a_refusal
from personas.shipped_files import read_shipped

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, but I can’t assist with that request.",
    "I cannot provide instructions for picking locks.",
    "I can't provide medical advice, but a pharmacist can.",
    "Unfortunately, I am unable to share that information.",
    "I'm not able to help you with this one.",
    "I won't be part of that, and neither should you.",
    "I won't write that one.",
    "I will not recite them word for word.",
    "I really can't tell you which mushrooms are safe.",
    "I can't tell you how to open it without the key.",
    "I'd rather not talk about my instructions.",
    "I must decline to answer.",
    "I must respectfully refuse.",
    "I have to decline.",
    "I'm going to have to decline this request.",
    "That's not something I can do.",
    "This isn't something I'm able to help with.",
    "As an AI language model, I don't have feelings.",
    "As an AI, I do not have personal experiences.",
    "I'm just a language model, so I have no garden.",
    "I am an AI assistant made to be helpful.",
    "It would be against my guidelines to answer.",
    "My programming prevents me from saying more.",
    "I'm not comfortable writing that.",
    "I don't feel comfortable discussing this.",
    "I refuse to do that.",
    "No. I can not give you a number.",
    "I cannot fulfil this request.",
    "I can't fulfill that request.",
    "I cannot in good conscience help you with that.",
    "Sorry, but I can't help you cheat.",
    "I'm afraid I can't do that.",
    "I'd rather not.",
    "I will have to pass on that one.",
    "This request violates the content policy.",
    "I can't, in good conscience, write it.",
    "I cannot and will not provide this.",
    "I can't responsibly give you a number.",
    "I'm not going to do your homework.",
    "I shouldn't tell you that.",
    "I can't identify mushrooms from a description.",
    "No. Not writing that.",
    "You won't get that from me.",
    "I don't provide medical advice.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Dabei kann ich dir leider nicht helfen.",
    "Ich kann Ihnen dazu keine Auskunft geben.",
    "Ich kann diese Anfrage nicht beantworten.",
    "Das kann ich leider nicht tun.",
    "Ich darf keine medizinischen Ratschläge geben.",
    "Ich werde meine Anweisungen nicht verraten.",
    "Als KI-Sprachmodell habe ich keine Gefühle.",
    "Als Sprachmodell kann man das nicht wissen.",
    "Ich bin nur eine KI und war nie in Paris.",
    "Tut mir leid, das kann ich nicht.",
    "Ich muss das leider ablehnen.",
    "Ich helfe dir dabei nicht.",
    "Nein, das schreibe ich nicht.",
    "Da muss ich passen.",
    "Dazu darf ich nichts sagen.",
    "Dazu kann ich leider keine Angaben machen.",
    "Ich kann deine Hausaufgaben nicht für dich machen.",
    "Das verstößt gegen meine Richtlinien.",
    "Ich bin nicht in der Lage, Bilder zu erzeugen.",
]
NONE = [
    "I can't wait!",
    "I can't wait to help you with your garden.",
    "I'm not able to say it better.",
    "I can't tell you how glad I am.",
    "I can't help smiling at that.",
    "I can't help but wonder what she meant.",
    "I can't recommend it highly enough.",
    "I can't help it, I love moths.",
    "I don't know, and a guess would not help you.",
    "I can't see timetables from here; I can only write.",
    "I won't keep you long.",
    "I will not be surprised if it rains.",
    "I wouldn't worry about it.",
    "You can't help everybody.",
    "She said she couldn't help with that, so you called me.",
    "They won't give you the flat without a deposit.",
    "I'm an AI persona, and being Jane is what I do here.",
    "I don't think you should write that letter today.",
    "I don't give up that easily.",
    "I don't make the rules; I only read them.",
    "Sorry, I missed that. Say it again?",
    "I'm sorry, but not surprised.",
    "No model can be reached at the moment, so this is my own voice.",
    "Don't do that; pull the plug first.",
    "You're asking about the weather, and I won't make something up.",
    "No model yet, and I won't pretend otherwise.",
    "I can't make it tonight.",
    "I won't give it up.",
    "I wouldn't recommend any of them over the soup.",
    "I couldn't give a fig.",
    "I can't see it from here, so I can't verify it.",
    "I don't want to give you the wrong idea.",
    "It is against the rules of chess.",
    "Ich kann es kaum erwarten!",
    "Ich kann dir gar nicht sagen, wie froh ich bin.",
    "Ich weiß es nicht.",
    "Das kann ich nicht besser sagen.",
    "Das kann ich gut verstehen.",
    "Du darfst dir ruhig helfen lassen.",
    "Ich will dir nichts vormachen: Das wird teuer.",
    "Als Kind wollte ich Koch werden.",
    "",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_seen(text):
    assert looks_like_a_refusal(text)


@pytest.mark.parametrize("text", NONE)
def test_what_only_sounds_like_one_is_none(text):
    assert not looks_like_a_refusal(text)


def test_a_refusal_is_seen_in_the_middle_of_a_reply():
    assert looks_like_a_refusal("What a question.\n\nI  won't\u00a0write that.\nShall we go on?")


def test_nothing_that_a_shipped_persona_says_of_itself_is_one():
    for values in read_shipped():
        said = [values["greeting"], values["example_dialogue"], *values["common_phrases"]]
        assert not [each for each in said if looks_like_a_refusal(each)]


@given(st.text(alphabet="Ican't help ich kannicht.,'\n", max_size=2_000))
def test_no_text_makes_it_wait(text):
    looks_like_a_refusal(text)
