"""Which entries of a lorebook a reply uses."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.cards.books import stored_book
from personas.cards.lorebook import Book, Entry, entries_for, read_book
from personas.cards.patterns import NotUnderstood, words_of
from tests.personas.cards.examples import V2, V3


def book_with(*entries: dict[str, Any], **more: Any) -> Book:
    base = {"content": "", "keys": [], "enabled": True, "insertion_order": 0, "extensions": {}}
    book = {"entries": [base | each for each in entries], **more}
    return read_book(stored_book({"spec": "chara_card_v3", "data": {"name": "x", "character_book": book}}))


def told(book: Book, *recent: str) -> list[str]:
    return [entry.content for entry in entries_for(book, recent)]


SHIP = {"keys": ["ship"], "content": "Ships pass."}
FOG = {"keys": ["fog"], "content": "Fog comes."}


def test_an_entry_is_used_when_a_key_of_it_was_said():
    book = book_with(SHIP, FOG)
    assert told(book, "A SHIP!") == ["Ships pass."]
    assert told(book, "Nothing.") == told(book) == []


def test_a_key_of_one_letter_or_of_several_words_is_found_too():
    book = book_with({"keys": ["z"], "content": "Z."}, {"keys": ["at  the end"], "content": "End."})
    assert told(book, "Amazing, and at the ends") == ["Z.", "End."]


def test_case_matters_only_where_the_entry_says_so():
    book = book_with(SHIP | {"keys": ["Ship"], "case_sensitive": True})
    assert told(book, "a ship") == []
    assert told(book, "the Ship") == ["Ships pass."]


def test_a_selective_entry_needs_a_second_key():
    book = book_with(SHIP | {"selective": True, "secondary_keys": ["night", "storm"]})
    assert told(book, "a ship") == []
    assert told(book, "a ship", "in the storm") == ["Ships pass."]


def test_second_keys_of_an_entry_that_is_not_selective_do_not_count():
    assert told(book_with(SHIP | {"selective": False, "secondary_keys": ["night"]}), "ship") == [
        "Ships pass."
    ]


def test_a_constant_entry_needs_no_key_and_a_disabled_one_is_never_used():
    book = book_with({"content": "Always.", "constant": True}, SHIP | {"enabled": False, "constant": True})
    assert told(book, "ship") == ["Always."]


def test_only_the_latest_messages_are_looked_at():
    book = book_with(SHIP, scan_depth=2)
    assert told(book, "ship", "one", "two") == []
    assert told(book, "ship", "one") == ["Ships pass."]
    assert told(book_with(SHIP, scan_depth=0), "ship") == []


def test_entries_come_by_position_then_by_insertion_order_then_as_in_the_book():
    entries = [("last", 5, "after_char"), ("first", 9, "before_char"), ("b", 1, None), ("c", 1, None)]
    book = book_with(
        *({"content": text, "constant": True, "insertion_order": order, "position": position}
          for text, order, position in entries)
    )  # fmt: skip
    assert told(book) == ["first", "b", "c", "last"]


def test_over_the_budget_the_lowest_priority_is_left_out():
    long = "word " * 40  # about 50 tokens
    book = book_with(
        {"content": "low " + long, "constant": True, "priority": 1},
        {"content": "high " + long, "constant": True, "priority": 9},
        {"content": "small", "constant": True, "priority": 0},
        token_budget=60,
    )
    assert [text.split()[0] for text in told(book)] == ["high", "small"]


def test_without_a_priority_the_insertion_order_counts():
    long = "word " * 40
    book = book_with(
        {"content": "one " + long, "constant": True, "insertion_order": 1},
        {"content": "two " + long, "constant": True, "insertion_order": 2},
        token_budget=60,
    )
    assert [text.split()[0] for text in told(book)] == ["two"]


def test_decorators_are_left_out_of_the_text():
    assert told(read_book(stored_book(V3)), "a shipping lane") == ["Ships pass on Tuesdays."]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("dragon", ["dragon"]),
        ("/colou?r/i", ["color", "colour"]),
        ("(red|blue) (cat|dog)", ["red cat", "red dog", "blue cat", "blue dog"]),
        (r"a\.b", ["a.b"]),
        ("(?:ab(c|d)?)e", ["abe", "abce", "abde"]),
    ],
)
def test_a_pattern_stands_for_a_few_words(pattern, words):
    assert [word for word, _, _ in words_of(pattern)] == words


def test_a_boundary_of_a_pattern_is_that_of_a_word():
    book = book_with({"keys": [r"\bcats?\b"], "content": "Cats.", "use_regex": True})
    assert told(book, "concatenate, scats, catsup") == []
    assert told(book, "concatenate a CAT.") == ["Cats."]


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "a*", ".*", "[ab]", r"\d", "(?=a)a", r"(a)\1", "^a", "a{2}", "(a", "a)", "", "a|", r"\ba|b",
     "/a/y", "(a?a?a?a?a?a?a?)" * 4, "x" * 201],
)  # fmt: skip
def test_any_other_pattern_is_never_used(pattern):
    with pytest.raises(NotUnderstood):
        words_of(pattern)
    assert not stored_book(
        {"name": "x", "character_book": {"entries": [SHIP | {"keys": [pattern], "use_regex": True}]}}
    )


@given(st.text(alphabet="ab|()?:\\./[]*+{}^$", max_size=200))
def test_every_pattern_is_understood_or_not_and_never_grows(pattern):
    try:
        words = words_of(pattern)
    except NotUnderstood:
        return
    assert 0 < len(words) <= 64


@given(st.lists(st.text(max_size=40), max_size=6))
def test_the_same_words_give_the_same_entries(recent):
    book = read_book(stored_book(V2))
    found = entries_for(book, recent)
    assert found == entries_for(read_book(stored_book(V2)), tuple(recent))
    assert sum(entry.tokens for entry in found) <= book.token_budget
    assert "It is always autumn on the island." in [entry.content for entry in found]


def test_two_hundred_entries_do_not_hold_a_reply_up():
    entries = tuple(
        Entry(content=f"Lore {n}", keys=tuple((f"{n}-{k} key", False, False) for k in range(3)), tokens=5)
        for n in range(200)
    )
    recent = ["A thousand letters of talk. " * 36] * 4
    began = time.process_time()
    for _ in range(20):
        entries_for(Book(entries), recent)
    # A guard against another order of growth, not a measurement: it takes well under a millisecond.
    assert (time.process_time() - began) / 20 < 0.05
