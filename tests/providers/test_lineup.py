"""Who is asked, in which order, and what becomes of rows that are broken."""

import pytest
from django.db import connection

from providers.limits import EngineLimits
from providers.lineup import Candidate, can_answer_with, candidate_of, line_up
from providers.models import Provider
from tests.providers.walking import scripted, walk

pytestmark = pytest.mark.django_db
LIMITS = EngineLimits()


def names(candidates: list[Candidate]) -> list[str]:
    return [each.config.name for each in candidates]


@pytest.fixture
def three(db) -> None:
    scripted("say:three", name="three", priority=30).save()
    scripted("say:one", name="one", priority=10).save()
    scripted("say:two", name="two", priority=20).save()


def test_providers_stand_in_the_order_of_their_priority_and_the_fallback_voice_last(three) -> None:
    assert names(line_up((), LIMITS)) == ["one", "two", "three", "fallback"]


def test_equal_priorities_stand_in_the_order_of_their_names(db) -> None:
    for name in ("b", "c", "a"):
        scripted(name=name).save()

    assert names(line_up((), LIMITS)) == ["a", "b", "c", "fallback"]


def test_without_any_provider_the_fallback_voice_is_still_there(db) -> None:
    assert names(line_up((), LIMITS)) == ["fallback"]


def test_a_persona_has_an_order_and_models_of_its_own(three) -> None:
    candidates = line_up(("three say:own model", "one"), LIMITS)

    assert names(candidates) == ["three", "one", "fallback"]
    assert [each.config.model for each in candidates[:2]] == ["say:own model", "say:one"]


def test_the_same_provider_may_be_asked_with_two_models(three) -> None:
    candidates = line_up(("one say:a", "one say:b"), LIMITS)

    assert [each.config.model for each in candidates[:2]] == ["say:a", "say:b"]


def test_an_entry_that_is_there_twice_is_asked_once(three) -> None:
    assert names(line_up(("one", " one ", "two", "one"), LIMITS)) == ["one", "two", "fallback"]


def test_a_name_nobody_has_any_more_is_kept_and_skipped_with_the_reason(three) -> None:
    candidates = line_up(("gone gpt-1", "two"), LIMITS)

    assert names(candidates) == ["gone", "two", "fallback"]
    assert candidates[0].skip_reason == "there is no provider of this name"
    assert walk(*candidates[:-1]).story == [("gone", "skipped", 1), ("two", "answered", 1)]


def test_naming_the_fallback_voice_changes_nothing(three) -> None:
    assert names(line_up(("fallback", "one"), LIMITS)) == ["one", "fallback"]


def test_a_disabled_provider_is_left_out_of_the_general_order(three) -> None:
    Provider.objects.filter(name="two").update(is_enabled=False)

    assert names(line_up((), LIMITS)) == ["one", "three", "fallback"]


def test_a_disabled_provider_of_a_persona_s_own_order_is_skipped_with_the_reason(three) -> None:
    Provider.objects.filter(name="two").update(is_enabled=False)

    assert line_up(("two",), LIMITS)[0].skip_reason == "disabled by staff"


def test_a_provider_s_own_limits_go_before_the_engine_s(db) -> None:
    own = candidate_of(scripted(silence_timeout=1.5), EngineLimits(silence_timeout=9, provider_timeout=33))

    assert (own.limits.silence_timeout, own.limits.provider_timeout) == (1.5, 33)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"kind": "carrier-pigeon"}, "unknown kind “carrier-pigeon”"),
        ({"kind": "fallback"}, "unknown kind “fallback”"),
        ({"kind": "openai", "base_url": "htp:/nowhere"}, "bad base URL: The URL has to begin with http"),
        ({"kind": "openai", "base_url": "http://[::1"}, "bad base URL: This is no URL"),
        ({"first_token_timeout": -1}, "first token timeout: It must be a number above 0"),
        ({"provider_timeout": 1e9}, "provider timeout: It must be a number above 0 up to 3,600"),
        ({"silence_timeout": "soon"}, "silence timeout: It must be a number above 0"),
    ],
)
def test_a_row_that_was_broken_by_sql_is_skipped_with_a_reason_and_harms_nobody(
    three, broken, reason
) -> None:
    if "silence_timeout" in broken and connection.vendor != "sqlite":
        pytest.skip("only SQLite takes a word for a number")
    force_into_database("one", **broken)
    candidates = line_up((), LIMITS)
    seen = walk(*candidates[:-1])

    assert candidates[0].skip_reason.startswith(reason)
    assert seen.text == "two"
    assert seen.story == [("one", "skipped", 1), ("two", "answered", 1)]


def test_a_key_that_cannot_be_decrypted_counts_as_none(db) -> None:
    Provider(name="first", kind="openai", api_key="sk-lost").save()
    force_into_database("first", api_key="not of this installation")

    assert line_up((), LIMITS)[0].skip_reason.startswith("no API key")


def force_into_database(name: str, **values: object) -> None:
    """Write past every check of Django's, as somebody with SQL would."""
    columns = ", ".join(f"{column} = %s" for column in values)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE providers_provider SET {columns} WHERE name = %s", [*values.values(), name])


def test_a_wanted_model_leaves_out_who_would_answer_with_another_one(three) -> None:
    assert names(line_up((), LIMITS, model="say:two")) == ["two", "fallback"]
    assert names(line_up(("one say:mine", "one"), LIMITS, model="say:mine")) == ["one", "fallback"]
    assert names(line_up((), LIMITS, model="no such model")) == ["fallback"]


def test_a_model_can_answer_when_somebody_who_would_be_asked_has_it_and_could_be_called(three) -> None:
    Provider.objects.filter(name="three").update(is_enabled=False)

    assert can_answer_with("say:two", ())
    assert can_answer_with("say:mine", ("one say:mine",))
    assert not can_answer_with("say:two", ("one",))
    assert not can_answer_with("say:three", ("three",))
