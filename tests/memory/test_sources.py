"""What was drawn from a message goes with it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from memory.models import Memory, Origin
from memory.services import compress, contradict, usable
from memory.sources import forget_messages, restore_messages, withdraw_messages

Learn = Callable[..., Memory]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def known() -> set[str]:
    return set(usable().values_list("text", flat=True))


def test_a_memory_goes_with_the_last_message_it_came_from(learn: Learn) -> None:
    learn("Plays the cello.", sources=[1, 2])
    learn("Lives in Oslo.", sources=[2])
    learn("Writes by hand.", origin=Origin.PERSON)

    forget_messages([2])
    assert known() == {"Plays the cello.", "Writes by hand."}

    forget_messages([1])
    assert known() == {"Writes by hand."}


def test_a_summary_goes_with_the_first_message_it_came_from(learn: Learn) -> None:
    rows = [learn("Went to Rome.", sources=[1]), learn("Went to Lima.", sources=[2])]
    compress(rows, text="Travels.", begins_at=NOON, ends_at=NOON)

    forget_messages([2])
    assert not Memory.objects.exists()


def test_what_a_deleted_memory_had_superseded_counts_again(learn: Learn) -> None:
    contradict(
        learn("Lives in Bergen.", sources=[1]), text="Lives in Oslo.", origin=Origin.MODEL, sources=[2]
    )

    forget_messages([2])
    assert known() == {"Lives in Bergen."}


def test_what_came_from_a_deleted_message_rests_until_it_is_restored(learn: Learn) -> None:
    learn("Plays the cello.", sources=[1, 2])
    learn("Lives in Oslo.", sources=[2])
    rows = [learn("Went to Rome.", sources=[1]), learn("Went to Lima.", sources=[3])]
    compress(rows, text="Travels.", begins_at=NOON, ends_at=NOON)

    withdraw_messages([1, 3])
    assert known() == {"Plays the cello.", "Lives in Oslo."}
    withdraw_messages([2])
    assert known() == set()
    restore_messages([3])
    assert known() == set()
    restore_messages([1, 2])
    assert known() == {"Plays the cello.", "Lives in Oslo.", "Travels."}
