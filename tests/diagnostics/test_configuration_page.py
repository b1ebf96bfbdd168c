"""The page of the configuration: what is in force, who differs, going back, and the file."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from chat import services
from chat.answering import answer_turn
from core.callers import Caller, start_call
from diagnostics.figures.reporting import Report
from diagnostics.models import ProcessFigures, Snapshot
from providers.engine_settings import current_limits, last_used, note_used
from providers.limits import EngineLimits
from providers.models import EngineSettings

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "diagnostics:config"


@pytest.fixture(autouse=True)
def _nobody_asks_yet() -> None:
    start_call(Caller())


@pytest.fixture(autouse=True)
def file(settings, tmp_path: Path) -> Path:
    settings.VALIS_CONFIG_FILE = tmp_path / ".valis_config.json"
    return tmp_path / ".valis_config.json"


@pytest.fixture
def staff(sue, as_user) -> Client:
    return as_user(sue)


def words_of(client: Client, name: str = PAGE, *args: object) -> str:
    page = client.get(reverse(name, args=args))
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)).replace("&#x27;", "'")


def agree(client: Client, address: str):
    """Press the button of what the page at this address shows."""
    found = re.search(r'name="seen" value="(\w+)"', client.get(address).text)
    assert found, "there is nothing to agree to"
    return client.post(address, {"seen": found[1]}, follow=True)


def test_each_setting_is_shown_with_its_value_and_where_it_comes_from(staff) -> None:
    EngineSettings(max_output=2048).save()
    words = words_of(staff)

    for name in EngineLimits.model_fields:
        assert f" {name} " in words
    assert "2,048 1,024 database nobody named, command line" in words


def test_a_broken_value_is_shown_as_such(staff) -> None:
    EngineSettings().save()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_enginesettings SET max_output = 1")
    words = words_of(staff)

    assert (
        "Broken: 1 is stored. It must be a whole number from 16 up to 200,000. The default is used." in words
    )
    assert "Changed in the database itself , past VALIS" in words


def test_a_process_that_still_goes_by_another_value_is_named(staff) -> None:
    note_used(EngineLimits(max_output=77))
    Report("worker").write()
    [process] = ProcessFigures.objects.values_list("name", flat=True)

    assert f"{process} still goes by 77 , until its next reply" in words_of(staff)

    note_used(current_limits())
    ProcessFigures.objects.all().delete()
    Report("worker").write()
    assert "still goes by" not in words_of(staff)


def test_a_process_of_another_version_is_named(staff) -> None:
    ProcessFigures.objects.create(id="a", role="worker", name="old", version="0.0.1", seen_at=Now())

    assert "another version: 0.0.1" in words_of(staff)


def test_a_reply_goes_by_what_was_saved_just_before(staff, alice, jane, provider, quick_engine) -> None:
    provider("say:hi")
    staff.post("/api/config", '{"engine": {"max_output": 321}}', content_type="application/json")
    answer_turn(services.submit_message(alice, text="Hello", client_id="one", persona_slug="jane").turn.pk)

    used = last_used()
    assert used is not None
    assert used.limits.max_output == 321


def test_going_back_shows_first_what_it_would_change(staff) -> None:
    EngineSettings(max_output=2048).save()
    good = Snapshot.objects.latest("pk")
    EngineSettings(max_output=99).save()
    address = reverse("diagnostics:restore-config", args=[good.pk])

    assert "engine.max_output 99 → 2,048" in words_of(staff, "diagnostics:restore-config", good.pk)
    assert current_limits().max_output == 99
    assert "Changed 1 value. In force for the next reply." in agree(staff, address).text
    assert current_limits().max_output == 2048


def test_only_what_was_seen_is_done(staff) -> None:
    EngineSettings(max_output=2048).save()
    good = Snapshot.objects.latest("pk")
    EngineSettings(max_output=99).save()
    address = reverse("diagnostics:restore-config", args=[good.pk])
    answer = staff.post(address, {"seen": "something else"})

    assert answer.status_code == 409
    assert "Something has changed since you looked" in answer.text
    assert current_limits().max_output == 99


def test_the_file_is_exported_compared_and_loaded(staff, file: Path) -> None:
    staff.post(reverse("diagnostics:export-config"))
    file.write_text(file.read_text().replace('"max_output": 1024', '"max_output": 512'))

    assert "Differs in the file: 512" in words_of(staff)
    agree(staff, reverse("diagnostics:load-config"))
    assert current_limits().max_output == 512
    assert "It says the same as what is in force." in words_of(staff)


def test_a_broken_file_is_explained_where_it_is_broken(staff, file: Path) -> None:
    file.write_text('{"engine": \n  {"max_output" 5}}')
    words = words_of(staff)

    assert "The file cannot be loaded. Line 2, column 17: this is no JSON" in words
    assert "Load the file" not in words
    assert "Nothing can be changed until this is put right." in words_of(staff, "diagnostics:load-config")


def test_a_file_with_anything_in_it_never_breaks_the_page(staff, file: Path) -> None:
    for text in (
        '{"engine": 5}',
        '{"engine": {"max_output": {"a": [1]}}}',
        '{"providers": {"x": 1}}',
        "null",
    ):
        file.write_text(text)
        assert "The file cannot be loaded." in words_of(staff)


def test_a_snapshot_is_downloaded_in_the_form_of_the_file(staff) -> None:
    EngineSettings(max_output=2048).save()
    answer = staff.get(reverse("diagnostics:download-config", args=[Snapshot.objects.latest("pk").pk]))

    assert answer.json()["engine"]["max_output"] == 2048
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_who_may_only_read_sees_no_button_and_cannot_act(vic, as_user) -> None:
    EngineSettings(max_output=2048).save()
    viewer = as_user(vic)
    words = words_of(viewer)

    assert "max_output" in words
    assert not re.search("Go back|Export to|Change settings", words)
    assert viewer.post(reverse("diagnostics:export-config")).status_code == 403
    address = reverse("diagnostics:restore-config", args=[Snapshot.objects.latest("pk").pk])
    assert viewer.post(address, {"seen": "x"}).status_code == 403


def test_a_tab_leads_there_those_who_may(vic, charlie, as_user) -> None:
    address = reverse(PAGE)

    assert address in as_user(vic).get("/chat/").text
    assert address not in as_user(charlie).get("/chat/").text
