"""Secrets at rest."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from providers.models import Provider

SECRET = "sk-VALISCANARY-0123456789"

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def row() -> Provider:
    return Provider.objects.create(name="main", kind="openai", api_key=SECRET)


def stored() -> str:
    """What is really in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM providers_provider")
        return str(cursor.fetchone()[0])


def test_a_secret_is_encrypted_at_rest_and_readable_in_code(row: Provider) -> None:
    assert "VALISCANARY" not in stored()
    assert Provider.objects.get().api_key == SECRET


def test_the_same_secret_looks_different_each_time(row: Provider) -> None:
    before = stored()
    row.save()

    assert stored() != before


def test_an_empty_secret_stays_empty() -> None:
    Provider.objects.create(name="main", kind="openai")

    assert stored() == ""
    assert Provider.objects.get().api_key == ""


def test_with_other_keys_a_secret_is_gone_and_nothing_breaks(row: Provider, settings: Settings) -> None:
    settings.VALIS_FIELD_KEYS = (Fernet.generate_key().decode(),)

    assert Provider.objects.get().api_key == ""


def test_with_a_new_key_before_the_old_one_secrets_stay_readable(row: Provider, settings: Settings) -> None:
    old = settings.VALIS_FIELD_KEYS
    settings.VALIS_FIELD_KEYS = (Fernet.generate_key().decode(), *old)
    assert Provider.objects.get().api_key == SECRET

    Provider.objects.get().save()
    settings.VALIS_FIELD_KEYS = settings.VALIS_FIELD_KEYS[:1]
    assert Provider.objects.get().api_key == SECRET


def test_what_was_never_encrypted_is_not_taken_for_a_secret(row: Provider) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_provider SET api_key = %s", ["in plain sight 😀"])

    assert Provider.objects.get().api_key == ""


def test_secrets_beyond_ascii_survive(row: Provider) -> None:
    row.api_key = "geheim-😀"
    row.save()

    assert Provider.objects.get().api_key == "geheim-😀"


def test_a_dump_holds_secrets_as_they_are_stored_and_can_be_loaded(row: Provider, tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "providers", output=str(dump))
    assert SECRET not in dump.read_text()

    Provider.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert Provider.objects.get().api_key == SECRET
    assert "VALISCANARY" not in stored()
