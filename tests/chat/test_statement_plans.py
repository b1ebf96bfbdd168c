"""What a turn costs does not grow with the turns that are stored: SQLite looks at the open ones alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import line
from chat.answering import answer_turn
from chat.selectors import find_turn, lost_turns
from tests.chat.conftest import Say

pytestmark = pytest.mark.django_db(transaction=True)
_OPEN_ALONE = ("one_running_turn_per_session", "waiting_turns", "open_turns")


def ways_through_all_turns(statement: str) -> list[str]:
    """Steps of the plan that go through turns, but neither by an index of open ones nor to a certain one."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement.replace('%', '%%')}")
        steps = [row[3] for row in cursor.fetchall()]
    turns = [step for step in steps if step.split()[1] in {"chat_turn", "other", "third", "U0"}]
    return [step for step in turns if not any(name in step for name in _OPEN_ALONE) and "=?" not in step]


def test_a_plan_that_goes_through_all_turns_is_found() -> None:
    assert ways_through_all_turns("SELECT 1 FROM chat_turn WHERE id < 7")


def test_storing_and_answering_a_turn_goes_through_open_turns_alone(say: Say) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        turn = say().turn
        answer_turn(turn.pk)

    assert find_turn(turn.pk).status == "complete"
    statements = [each["sql"] for each in captured if each["sql"].split()[0] in {"SELECT", "UPDATE"}]
    assert len(statements) > 8
    assert not {each: found for each in statements if (found := ways_through_all_turns(each))}


def test_looking_after_turns_goes_through_open_turns_alone() -> None:
    with CaptureQueriesContext(connection) as captured:
        list(line.first_of_line(1))
        list(line.waiting_for_place())
        list(line.waiting_heads(undispatched_for=timedelta(seconds=30)))
        list(lost_turns())

    assert not {each["sql"]: found for each in captured if (found := ways_through_all_turns(each["sql"]))}
