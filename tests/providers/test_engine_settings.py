"""The engine's settings as they are read for each turn, also when the row is broken."""

import logging

import pytest
from django.db import connection

from providers.catalogue import load_shipped
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from providers.models import EngineSettings, Provider

pytestmark = pytest.mark.django_db


def test_without_a_row_the_defaults_hold() -> None:
    assert current_limits() == EngineLimits()


def test_a_change_holds_for_the_next_reading() -> None:
    EngineSettings(retry_schedule=[0.5], silence_timeout=7).save()
    EngineSettings.objects.update(silence_timeout=8)

    assert (current_limits().silence_timeout, current_limits().retry_schedule) == (8, (0.5,))


def test_there_is_only_ever_one_row() -> None:
    EngineSettings(silence_timeout=7).save()
    EngineSettings(silence_timeout=8).save()

    assert [row.silence_timeout for row in EngineSettings.objects.all()] == [8]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("first_token_timeout", -3),
        ("reply_deadline", 0),
        ("retry_schedule", '"soon"'),
        ("retry_schedule", '{"first": 1}'),
        ("retry_schedule", "[1, -1]"),
        ("retry_schedule", "[1, null]"),
        ("retry_schedule", "[1e999]"),
        ("retry_schedule", "null"),
        ("retry_schedule", "[1,1,1,1,1,1,1,1,1,1,1]"),
        ("max_output", 1),
        ("history_messages", 2_000_000),
    ],
)
def test_a_value_broken_by_sql_counts_as_its_default_and_the_others_stay(column, value, caplog) -> None:
    EngineSettings(silence_timeout=7).save()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE providers_enginesettings SET {column} = %s", [value])
    with caplog.at_level(logging.WARNING):
        limits = current_limits()

    assert getattr(limits, column) == getattr(EngineLimits(), column)
    assert limits.silence_timeout == 7
    assert column in caplog.text


def test_the_shipped_rows_are_added_once_and_changes_to_them_stay() -> None:
    assert load_shipped() == 4
    Provider.objects.filter(name="local").update(model="mine", is_enabled=False)

    assert load_shipped() == 0
    assert Provider.objects.get(name="local").model == "mine"


def test_a_local_server_has_time_to_load_its_model_and_to_speak_slowly() -> None:
    load_shipped()
    usual = EngineLimits()
    local = candidate_of(Provider.objects.get(name="local"), usual).limits

    assert local.first_token_timeout > usual.first_token_timeout
    assert usual.provider_timeout < local.provider_timeout < usual.reply_deadline


def test_the_shipped_rows_pass_their_own_checks() -> None:
    load_shipped()
    EngineSettings.objects.get().full_clean()
    for row in Provider.objects.all():
        row.full_clean()
