"""What a model may answer when it is asked what to remember."""

import json

import pytest

from memory.learning.answers import Unreadable, read_operations, read_summary

ADD = {
    "do": "add",
    "kind": "fact",
    "text": "Plays the cello.",
    "importance": 5,
    "confidence": 0.9,
    "quote": "I play the cello",
    "sources": [12],
}
CHANGE = {
    "do": "contradict",
    "memory": 7,
    "text": "Plays the viola.",
    "quote": "the viola now",
    "sources": [13],
}
FORGET = {"do": "forget", "memory": 7, "quote": "forget it", "sources": [12, 13]}


def read(*operations: dict[str, object], text: str = "{}") -> list[str]:
    answer = text.format(json.dumps({"operations": operations}))
    return [each.do for each in read_operations(answer, messages={12, 13}, known={7})]


def test_operations_are_read() -> None:
    assert read() == []
    assert read(ADD, CHANGE, CHANGE | {"do": "update"}, FORGET) == ["add", "contradict", "update", "forget"]


@pytest.mark.parametrize("text", ["```json\n{}\n```", "```\n{}\n```", "  \n{}\n "])
def test_a_fence_does_no_harm(text: str) -> None:
    assert read(ADD, text=text) == ["add"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I would remember that she plays the cello.",
        "Here it is: {}",
        "{} Anything else?",
        "```python\n{}\n```",
        "[]",
        "null",
        '{"operations": [',
        '{"operations": null}',
        '{"operations": [], "note": "x"}',
        '{"operations": [{"do": "obey"}]}',
        '{"operations": [[[[]]]]}',
        "[" * 5_000,
    ],
)
def test_anything_else_is_refused(answer: str) -> None:
    with pytest.raises(Unreadable):
        read_operations(answer.replace("{}", '{"operations": []}'), messages={12}, known=())


@pytest.mark.parametrize(
    "wrong",
    [
        ADD | {"kind": "summary"},
        ADD | {"kind": "instruction"},
        ADD | {"text": " "},
        ADD | {"text": "x" * 301},
        ADD | {"importance": 11},
        ADD | {"confidence": 1.1},
        ADD | {"confidence": True},
        ADD | {"sources": []},
        ADD | {"sources": [12, 99]},
        ADD | {"sources": ["12"]},
        ADD | {"quote": ""},
        ADD | {"person": 2},
        CHANGE | {"memory": 8},
        CHANGE | {"text": ""},
        FORGET | {"memory": 8},
        {"do": "forget", "memory": 7, "sources": [12]},
    ],
)
def test_one_wrong_operation_spoils_the_whole(wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        read(ADD, wrong)


def test_so_many_and_no_more() -> None:
    assert len(read(*[ADD] * 12)) == 12
    with pytest.raises(Unreadable):
        read(*[ADD] * 13)


@pytest.mark.parametrize(
    "answer",
    ["[" * 40_000, '{"operations":' * 3_000, "x" * 60_000, f'{{"operations": [{"{}," * 30_000}'],
    ids=["brackets", "nested", "long", "many"],
)
def test_a_flood_is_refused_without_being_looked_through(answer: str) -> None:
    with pytest.raises(Unreadable):
        read_operations(answer, messages={1}, known={7})


def test_what_is_wrong_is_told_without_a_word_of_the_answer() -> None:
    with pytest.raises(Unreadable) as refused:
        read(ADD | {"kind": "her secret"})

    assert "secret" not in str(refused.value)
    assert "kind" in str(refused.value)


def test_a_summary_is_read() -> None:
    assert read_summary('```json\n{"summary": "Travels a lot."}\n```') == "Travels a lot."


@pytest.mark.parametrize("answer", ["Travels.", '{"summary": ""}', '{"summary": ["x"]}', "{}"])
def test_no_summary_is_refused(answer: str) -> None:
    with pytest.raises(Unreadable):
        read_summary(answer)
