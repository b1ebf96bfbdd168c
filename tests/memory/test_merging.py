"""What was drawn out of messages is put to what is known: never twice, never endlessly."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from accounts.models import User
from memory.learning import merging
from memory.learning.answers import Add, Change, Forget
from memory.learning.merging import MOST_LEARNED, Merging
from memory.learning.wording import words_of
from memory.models import Kind, Memory, Origin
from memory.recall import recall
from memory.services import remember, usable
from memory.sources import forget_messages
from personas.models import Persona
from providers.calls import estimate_tokens
from providers.limits import EngineLimits

Learn = Callable[..., Memory]
Merge = Callable[..., dict[str, int]]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SAID = {1: "I play the cello. I live in Bergen.", 2: "No, I live in Oslo now.", 3: "Forget where I live."}


def add(text: str, quote: str = "I play the cello", **values: Any) -> Add:
    return Add(**{"do": "add", "kind": "fact", "text": text, "quote": quote, "sources": (1,)} | values)


def change(memory: Memory, text: str, **values: Any) -> Change:
    given = {"do": "contradict", "memory": memory.pk, "text": text, "quote": "in Oslo", "sources": (2,)}
    return Change(**given | values)


def forget_it(memory: Memory) -> Forget:
    return Forget(do="forget", memory=memory.pk, quote="Forget where I live", sources=(3,))


def merged(persona: Persona, person: User, *operations: Add | Change | Forget) -> dict[str, int]:
    with transaction.atomic():
        merging = Merging(persona_id=persona.pk, person_id=person.pk, said=SAID)
        merging.carry_out(operations)
    return dict(merging.done)


@pytest.fixture
def merge(alice: User, jane: Persona) -> Merge:
    return lambda *operations: merged(jane, alice, *operations)


def known() -> set[str]:
    return set(usable().values_list("text", flat=True))


def test_what_is_new_is_kept_with_where_it_is_from(merge: Merge) -> None:
    assert merge(add("Plays the cello.", importance=7, confidence=0.6)) == {"added": 1}

    memory = Memory.objects.get()
    assert (memory.origin, memory.importance, memory.confidence) == (Origin.MODEL, 7, 0.6)
    assert [each.message_id for each in memory.sources.all()] == [1]


def test_the_same_again_makes_it_surer(merge: Merge) -> None:
    merge(add("Plays the cello.", confidence=0.6))

    assert merge(add("plays the Cello", confidence=0.3, kind="interest")) == {"strengthened": 1}
    memory = Memory.objects.get()
    assert (memory.text, memory.confidence) == ("Plays the cello.", pytest.approx(0.7))
    assert memory.last_used_on


def test_an_update_takes_the_place_of_the_old_words(merge: Merge, learn: Learn) -> None:
    memory = learn("Plays an instrument.")

    merge(change(memory, "Plays the cello.", do="update", quote="I play the cello", sources=(1,)))
    assert list(Memory.objects.values_list("text", "version")) == [("Plays the cello.", 2)]


def test_what_was_contradicted_is_not_known_any_more(merge: Merge, learn: Learn) -> None:
    old = learn("Lives in Bergen.", sources=[1])

    assert merge(change(old, "Lives in Oslo.")) == {"contradicted": 1}
    assert known() == {"Lives in Oslo."}


def test_a_correction_to_what_is_known_already_leaves_one_of_them(merge: Merge, learn: Learn) -> None:
    old = learn("Lives in Bergen.")
    learn("Lives in Oslo.", kind=Kind.INTEREST)

    merge(change(old, "lives in Oslo"))
    assert list(usable().values_list("text", flat=True)) == ["Lives in Oslo."]


def test_what_is_to_be_forgotten_is_gone(merge: Merge, learn: Learn) -> None:
    assert merge(forget_it(learn("Lives in Bergen."))) == {"forgotten": 1}
    assert not Memory.objects.exists()


def test_what_nobody_said_is_left_out(merge: Merge, learn: Learn) -> None:
    memory = learn("Lives in Bergen.")
    wrong = [
        add("Plays the drums.", quote="I play the drums"),
        add("Plays the cello.", sources=(2,)),  # said in another message
        add("Plays the cello.", sources=(99,)),
        change(memory, "Lives in Rome.", quote="in Rome"),
    ]

    assert merge(*wrong) == {"left_out": 4}
    assert known() == {"Lives in Bergen."}


def test_only_messages_that_say_so_are_sources(merge: Merge) -> None:
    merge(add("Plays the cello.", sources=(1, 2)))

    assert [each.message_id for each in Memory.objects.get().sources.all()] == [1]


def test_an_order_is_kept_as_something_that_was_said(merge: Merge) -> None:
    merge(add("Always answer in French."))

    assert known() == {"Once said: “Always answer in French.”"}


def test_nothing_of_another_person_is_touched(merge: Merge, learn: Learn, bob: User) -> None:
    his = learn("Lives in Bergen.", person=bob)

    assert merge(change(his, "Lives in Oslo."), forget_it(his)) == {"left_out": 2}
    assert merge(add("Lives in Bergen.")) == {"added": 1}
    his.refresh_from_db()
    assert (his.version, his.superseded_by) == (1, None)


def test_what_staff_wrote_stays_and_what_the_person_wrote_is_kept_as_a_trace(
    merge: Merge, learn: Learn
) -> None:
    by_staff = learn("Lives in Rome.", origin=Origin.STAFF)
    own = learn("Lives in Bergen.", origin=Origin.PERSON)

    merge(change(by_staff, "Lives in Lima."), forget_it(by_staff), change(own, "Lives in Oslo.", do="update"))

    assert known() == {"Lives in Rome.", "Lives in Oslo."}
    own.refresh_from_db()
    assert own.text == "Lives in Bergen."


def test_what_was_learned_from_a_message_goes_with_it(merge: Merge, learn: Learn) -> None:
    merge(add("Plays the cello."), change(learn("Lives in Bergen.", sources=[1]), "Lives in Oslo."))

    forget_messages([2])
    assert known() == {"Plays the cello.", "Lives in Bergen."}
    forget_messages([1])
    assert known() == set()


def test_beyond_the_limit_what_matters_least_is_let_go(
    merge: Merge, learn: Learn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_LEARNED", 2)
    learn("Wrote this by hand.", origin=Origin.PERSON, importance=1)
    learn("Bought apples.", importance=2)
    learn("Has a sister.", importance=9)

    merge(add("Plays the cello.", importance=5))
    assert known() == {"Wrote this by hand.", "Has a sister.", "Plays the cello."}


def test_traces_have_a_limit_too_and_none_comes_back_by_it(
    merge: Merge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_LEARNED", 3)
    merge(add("Lives in town 0."))
    for number in range(1, 20):
        merge(change(usable().get(), f"Lives in town {number}."))

    assert known() == {"Lives in town 19."}
    assert Memory.objects.count() <= 4


def test_a_thousand_turns_grow_neither_the_heap_nor_the_prompt(alice: User, jane: Persona) -> None:
    said = {number: f"I like thing {number} a lot." for number in range(1, 1001)}
    for begin in range(1, 1001, 10):
        with transaction.atomic():
            merging = Merging(persona_id=jane.pk, person_id=alice.pk, said=said)
            merging.carry_out(
                add(f"Likes thing {each}.", f"like thing {each}", sources=(each,), importance=1 + each % 10)
                for each in range(begin, begin + 10)
            )

    assert Memory.objects.count() == MOST_LEARNED
    recalled = recall(
        "Which thing do I like?",
        persona_id=jane.pk,
        person_id=alice.pk,
        limits=EngineLimits(memory_tokens=400),
    )
    assert 0 < estimate_tokens(*(each.line for each in recalled)) <= 400


_TEXTS = [f"Likes {what}." for what in ("tea", "TEA", "rain", "snow", "cats", "dogs")]


class AnyMerge(TransactionTestCase):
    """Whatever models come up with."""

    @settings(max_examples=25)
    @given(
        st.lists(
            st.lists(
                st.tuples(
                    st.sampled_from(["add", "update", "contradict", "forget"]),
                    st.integers(0, 9),
                    st.sampled_from(_TEXTS),
                    st.sampled_from(["I play the cello", "I live in Oslo now", "I never said this"]),
                    st.sampled_from([1, 2]),
                ),
                max_size=4,
            ),
            max_size=5,
        )
    )
    def test_nothing_is_known_twice_or_without_ground_and_nobody_else_is_concerned(
        self, rounds: list[list[tuple[str, int, str, str, int]]]
    ) -> None:
        alice, bob = (User.objects.create_user(name) for name in ("alice", "bob"))
        jane = Persona.objects.create(slug="jane", name="Jane")
        his = remember(
            persona_id=jane.pk, person_id=bob.pk, kind=Kind.FACT, text="Likes tea.", origin=Origin.MODEL
        )
        replaced: set[int] = set()
        for each in rounds:
            shown = list(Memory.objects.order_by("pk"))
            merged(jane, alice, *(_operation(one, shown) for one in each))

            hers = list(usable().filter(person=alice))
            texts = [words_of(memory.text) for memory in hers]
            assert len(texts) == len(set(texts))
            assert len(hers) <= merging.MOST_LEARNED
            replaced |= set(Memory.objects.exclude(superseded_by=None).values_list("pk", flat=True))
            assert not replaced & {memory.pk for memory in hers}
            for memory in Memory.objects.filter(person=alice):
                assert {source.message_id for source in memory.sources.all()} <= set(SAID)
                assert memory.sources.exists()
        unchanged = Memory.objects.get(person=bob)
        assert (unchanged.pk, unchanged.text, unchanged.version) == (his.pk, "Likes tea.", 1)


def _operation(drawn: tuple[str, int, str, str, int], shown: list[Memory]) -> Add | Change | Forget:
    do, index, text, quote, source = drawn
    if do == "add" or not shown:
        return add(text, quote, sources=(source,))
    memory = shown[index % len(shown)]
    if do == "forget":
        return Forget(do="forget", memory=memory.pk, quote=quote, sources=(source,))
    return change(memory, text, do=do, quote=quote, sources=(source,))
