"""What comes to a persona's mind, and what never does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from memory.index import MEMORIES
from memory.models import Kind, Memory, Origin
from memory.recall import Recalled, note_used, recall
from memory.relevance import telling_words
from memory.services import contradict, update
from memory.sources import withdraw_messages
from personas.models import Persona
from providers.limits import EngineLimits

Learn = Callable[..., Memory]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def mind(alice: User, jane: Persona):
    def mind(question: str, *, person: User = alice, **limits: object) -> list[str]:
        return [each.text for each in remembered(question, person=person, **limits)]

    def remembered(question: str, *, person: User = alice, **limits: object) -> tuple[Recalled, ...]:
        limits = EngineLimits(**limits)
        return recall(question, persona_id=jane.pk, person_id=person.pk, limits=limits)

    mind.recalled = remembered
    return mind


def test_with_room_for_all_everything_comes_to_mind(learn: Learn, mind) -> None:
    learn("Plays the cello.")
    learn("Lives in Oslo.")

    assert mind("Hello") == ["Plays the cello.", "Lives in Oslo."]


def test_what_is_spoken_of_comes_first(learn: Learn, mind) -> None:
    learn("Plays the cello.")
    for number in range(40):
        learn(f"Bought {number} apples.", importance=9)

    assert mind("Do you remember which instrument? The CELLO!", memory_tokens=6) == ["Plays the cello."]


NEEDLES = {
    "Is allergic to walnuts.": "Could I have the cake with the walnut cream?",
    "Her brother Jonas lives in Tromsø.": "I will see Jonas at the weekend!",
    "Sold the red kayak in spring.": "Which of my kayaks do you remember?",
    "Finds opera far too long.": "We have tickets for an OPERA on Friday, what should I wear?",
    "Is learning Portuguese.": "How would one say good morning in portuguese",
}


def test_among_a_thousand_memories_the_one_that_is_spoken_of_comes_to_mind(
    learn: Learn, mind, alice: User, jane: Persona
) -> None:
    for needle in NEEDLES:
        learn(needle, importance=3)
    whose = {"persona": jane, "person": alice, "origin": Origin.MODEL, "importance": 8}
    Memory.objects.bulk_create(
        Memory(text=f"Likes the weekend in spring, friday morning {number}, and cake.", **whose)
        for number in range(1_000)
    )

    for needle, question in NEEDLES.items():
        assert needle in mind(question, memory_tokens=100)


def test_a_word_in_another_form_is_the_same_word(learn: Learn, mind) -> None:
    learn("Has two dogs.")
    learn("Likes tea a lot.", importance=10)

    assert mind("How is the dog?", memory_tokens=6) == ["Has two dogs."]


def test_what_matters_comes_before_what_does_not(learn: Learn, mind) -> None:
    learn("Has a new pen.", importance=1)
    learn("Is allergic to nuts.", importance=10)
    learn("Has a new cup.", importance=1)

    assert mind("Hello", memory_tokens=6) == ["Is allergic to nuts."]


def test_of_things_that_matter_alike_the_newer_comes_first(learn: Learn, mind) -> None:
    new = learn("Reads in bed.")
    old = learn("Reads at sea.")
    Memory.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=90))

    assert mind("Hello", memory_tokens=6) == [new.text]


def test_nothing_is_recalled_over_the_budget_or_with_the_switch_off(learn: Learn, mind) -> None:
    learn("Plays the cello.")

    assert mind("cello", memory_tokens=1) == []
    assert mind("cello", memory_tokens=0) == []
    assert mind("cello", memory=False) == []


def test_what_is_known_of_others_never_comes_to_mind(
    learn: Learn, mind, bob: User, charlie: User, jane: Persona, sam: Persona
) -> None:
    learn("Plays the cello.")
    learn("Plays the drums.", person=bob)
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)
    learn("Plays the horn.", persona=sam)

    assert mind("Who plays?") == ["Plays the cello.", "The library opens at nine."]
    assert mind("Who plays?", person=bob) == ["Plays the drums.", "The library opens at nine."]
    assert mind("Who plays?", person=charlie) == ["The library opens at nine."]


def test_words_that_look_like_the_marks_of_the_index_lead_to_nobody(
    learn: Learn, mind, alice: User, bob: User, jane: Persona
) -> None:
    mark = f"p{jane.pk}u{alice.pk}"
    learn("Plays the cello.")
    learn(f"Wrote {mark} once.", person=bob)

    assert mind(mark, person=bob) == [f"Wrote {mark} once."]
    assert mind(mark) == ["Plays the cello."]


def test_what_was_contradicted_or_withdrawn_does_not_come_to_mind(learn: Learn, mind) -> None:
    contradict(learn("Lives in Bergen."), text="Lives in Oslo.", origin=Origin.MODEL)
    learn("Plays the cello.", sources=[1])
    withdraw_messages([1])

    assert mind("Where is Bergen, and the cello?") == ["Lives in Oslo."]


def test_a_memory_is_found_by_what_it_says_now(learn: Learn, mind) -> None:
    memory = learn("Plays the cello.")
    learn("Likes tea a lot.", importance=10)
    update(memory, text="Plays the viola.")

    assert mind("cello", memory_tokens=6) == ["Likes tea a lot."]
    assert mind("viola", memory_tokens=6) == ["Plays the viola."]


@pytest.mark.parametrize(
    "question", ['"', "a' OR 1=1 --", "NEAR(x y) & | ! :*", "%s {row}", "", "the and", "日本語"]
)
def test_whatever_is_said_recalling_goes_well(question: str, learn: Learn, mind) -> None:
    learn("Plays the cello.")

    assert mind(question) == ["Plays the cello."]


def test_the_prompt_says_of_what_is_not_certain_that_it_is_not(learn: Learn, mind) -> None:
    learn("Plays the cello.", confidence=0.2)
    Memory.objects.create(
        **{name: getattr(learn("Old."), name) for name in ("persona", "person", "origin")},
        kind=Kind.SUMMARY,
        text="Moved house.",
        begins_at=timezone.now(),
        ends_at=timezone.now(),
    )

    lines = [each.line for each in mind.recalled("Hello")]
    assert lines[0] == "Plays the cello. (not certain)"
    assert lines[-1] == f"In short, up to {timezone.now():%B %Y}: Moved house."


def test_recalling_is_one_statement(learn: Learn, mind, django_assert_num_queries) -> None:
    learn("Plays the cello.")

    with django_assert_num_queries(1):
        mind("What about the cello, and the violin, and the viola?")


def test_that_a_memory_was_used_is_noted_once_a_day(learn: Learn, mind, django_assert_num_queries) -> None:
    memory = learn("Plays the cello.")
    note_used(mind.recalled("cello"))

    memory.refresh_from_db()
    assert memory.last_used_on == timezone.now().date()
    recalled = mind.recalled("cello")
    with django_assert_num_queries(0):
        note_used(recalled)


def test_the_index_is_made_anew_where_it_is_missing(learn: Learn, mind) -> None:
    learn("Plays the cello.")
    learn("Likes tea a lot.", importance=10)
    MEMORIES.loosen_before_migrating(using="default", plan=[object()])
    Memory.objects.filter(text__startswith="Plays").update(text="Plays the viola.")

    call_command("migrate", verbosity=0)
    assert mind("viola", memory_tokens=6) == ["Plays the viola."]


def test_the_words_that_lead_somewhere_are_few_and_long() -> None:
    assert telling_words("What do you know about the Lighthouse at sea?") == ["lighthouse", "sea"]
    assert len(telling_words(" ".join(f"word{n}" for n in range(100)))) == 8
