"""Storing, strengthening, changing and forgetting what a persona knows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput
from memory import services
from memory.models import Kind, Memory, Origin
from memory.services import compress, contradict, forget, remember, update, usable
from memory.signals import forgotten
from personas.models import Persona

Learn = Callable[..., Memory]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def known() -> set[str]:
    return set(usable().values_list("text", flat=True))


def sources_of(memory: Memory) -> list[int]:
    return list(memory.sources.values_list("message_id", flat=True))


def test_the_same_said_again_is_stored_once_and_grows_stronger(learn: Learn) -> None:
    first = learn("Plays the cello.", importance=3, confidence=0.5, sources=[1])
    again = learn("plays  the cello.", importance=7, confidence=0.4, sources=[1, 2])

    assert again.pk == first.pk
    assert (again.importance, again.confidence, sources_of(again)) == (7, 0.5, [1, 2])


def test_what_is_known_of_one_person_is_no_duplicate_of_another_ones(learn: Learn, bob: User) -> None:
    assert learn("Plays the cello.").pk != learn("Plays the cello.", person=bob).pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "   "},
        {"text": "x" * 501},
        {"text": "half a \ud800"},
        {"importance": 11},
        {"confidence": 1.5},
        {"kind": "gossip"},
        {"kind": Kind.SUMMARY},
    ],
)
def test_what_is_no_memory_is_refused(wrong: dict[str, object], alice: User, jane: Persona) -> None:
    given = {"kind": Kind.FACT, "text": "Plays.", "origin": Origin.MODEL} | wrong
    with pytest.raises(InvalidInput):
        remember(persona_id=jane.pk, person_id=alice.pk, **given)


def test_only_staff_write_what_holds_for_everybody(learn: Learn) -> None:
    with pytest.raises(InvalidInput):
        learn("The library opens at nine.", person=None)

    assert learn("The library opens at nine.", person=None, origin=Origin.STAFF).person is None


def test_there_is_a_limit(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_MEMORIES", 1)
    learn("Plays the cello.")

    with pytest.raises(Conflict):
        learn("Lives in Oslo.")


def test_a_change_counts_the_version_up_and_nothing_does_not(learn: Learn) -> None:
    memory = learn("Plays the cello.")

    assert update(memory, text="Plays the viola.").version == 2
    assert update(memory, text="Plays the viola.").version == 2


def test_who_changes_what_was_changed_meanwhile_is_told(learn: Learn) -> None:
    memory = learn("Plays the cello.")
    update(Memory.objects.get(pk=memory.pk), text="Plays the viola.")

    with pytest.raises(Conflict):
        update(memory, text="Plays the drums.")


def test_what_was_contradicted_stays_as_a_trace_and_is_not_used(learn: Learn) -> None:
    old = learn("Lives in Bergen.", kind=Kind.RELATIONSHIP, sources=[1])
    new = contradict(old, text="Lives in Oslo.", origin=Origin.MODEL, sources=[2])

    assert known() == {"Lives in Oslo."}
    assert list(new.supersedes.all()) == [old]
    assert new.kind == Kind.RELATIONSHIP


def test_forgetting_takes_along_what_was_superseded(learn: Learn) -> None:
    old = learn("Lives in Bergen.")
    new = contradict(old, text="Lives in Oslo.", origin=Origin.MODEL)
    newest = contradict(new, text="Lives in Rome.", origin=Origin.MODEL)

    assert forget(Memory.objects.filter(pk=newest.pk)) == 3
    assert not Memory.objects.exists()


def test_layers_above_hear_what_is_forgotten_of_whom(learn: Learn, alice: User, bob: User) -> None:
    heard = {}

    def listen(person_id: int, memory_ids: list[int], **_: object) -> None:
        heard[person_id] = memory_ids

    forgotten.connect(listen)
    try:
        mine, his = learn("Plays the cello."), learn("Plays the cello.", person=bob)
        learn("The library opens at nine.", person=None, origin=Origin.STAFF)
        forget(Memory.objects.all())
    finally:
        forgotten.disconnect(listen)

    assert heard == {alice.pk: [mine.pk], bob.pk: [his.pk]}


def test_several_memories_are_compressed_into_a_summary_of_all_their_messages(learn: Learn) -> None:
    old = learn("Went to Rome.", sources=[1], importance=8)
    rows = [
        contradict(old, text="Went to Lima.", origin=Origin.MODEL, sources=[2]),
        learn("Ate.", sources=[3]),
    ]
    summary = compress(rows, text="Travelled, and ate.", begins_at=NOON, ends_at=NOON + timedelta(days=9))

    assert known() == {"Travelled, and ate."}
    assert (summary.kind, summary.importance, sources_of(summary)) == (Kind.SUMMARY, 8, [1, 2, 3])
    assert Memory.objects.count() == 1


def test_memories_of_two_people_are_never_compressed_together(learn: Learn, bob: User) -> None:
    rows = [learn("Plays the cello."), learn("Plays the drums.", person=bob)]

    with pytest.raises(InvalidInput):
        compress(rows, text="They play.", begins_at=NOON, ends_at=NOON)


def test_what_is_about_a_person_goes_with_the_person(learn: Learn, alice: User, bob: User) -> None:
    learn("Plays the cello.", sources=[1])
    learn("Plays the drums.", person=bob)
    alice.delete()

    assert known() == {"Plays the drums."}


def test_what_a_persona_knows_goes_with_the_persona(learn: Learn, jane: Persona) -> None:
    learn("Plays the cello.")
    jane.delete()

    assert not Memory.objects.exists()
