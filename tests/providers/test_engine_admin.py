"""Staff change the engine's settings in admin, and test a provider from its page."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from providers.limits import EngineLimits
from providers.models import EngineSettings, Provider
from usage.models import Call, CallOutcome, Purpose

LIST = "admin:providers_enginesettings_changelist"
CHANGE = "admin:providers_enginesettings_change"
SETTINGS = {
    "connect_timeout": "5",
    "first_token_timeout": "20",
    "silence_timeout": "15",
    "provider_timeout": "60",
    "reply_deadline": "180",
    "retry_schedule": "[1, 2, 4]",
    "circuit_breaker_threshold": "5",
    "circuit_breaker_timeout": "60",
    "max_output": "1024",
    "history_messages": "40",
    "history_characters": "60000",
    "max_concurrent_requests": "200",
    "longest_wait": "60",
    "daily_token_cap": "100000",
    "daily_cost_cap_usd": "1",
    "place_wait": "2",
    "session_idle_hours": "24",
    "memory": "on",
    "memory_tokens": "400",
    "memory_learning": "on",
    "memory_model": "",
}


@pytest.fixture
def staff(sue, as_user) -> Client:
    return as_user(sue)


def save(client: Client, **fields: str):
    EngineSettings.objects.get_or_create(pk=1)
    return client.post(reverse(CHANGE, args=[1]), SETTINGS | fields)


def test_the_settings_are_one_page_with_nothing_to_add_or_delete(staff) -> None:
    response = staff.get(reverse(LIST), follow=True)

    assert response.redirect_chain[-1][0] == reverse(CHANGE, args=[1])
    assert staff.get(reverse("admin:providers_enginesettings_add")).status_code == 403
    assert staff.post(reverse("admin:providers_enginesettings_delete", args=[1])).status_code == 403


def test_every_setting_of_the_schema_is_on_the_page(staff) -> None:
    EngineSettings.objects.get_or_create(pk=1)
    form = staff.get(reverse(CHANGE, args=[1])).context["adminform"].form

    assert set(form.fields) == set(EngineLimits.model_fields)


def test_saved_settings_are_in_force(staff) -> None:
    save(staff, retry_schedule="[0.5]", silence_timeout="3.5", max_output="2048")
    row = EngineSettings.objects.get()

    assert (row.retry_schedule, row.silence_timeout, row.max_output) == ([0.5], 3.5, 2048)


def test_an_empty_schedule_means_that_nobody_is_asked_again(staff) -> None:
    save(staff, retry_schedule="[]")

    assert EngineSettings.objects.get().retry_schedule == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("retry_schedule", value) for value in ('"soon"', "5", "true", '{"first": 1}', "[-1]", '["x"]')),
        *(("retry_schedule", value) for value in ("[1, null]", "[301]", "[[1]]", "not JSON", "[1e999]")),
        ("retry_schedule", "[1,1,1,1,1,1,1,1,1,1,1]"),
        ("connect_timeout", "-1"),
        ("first_token_timeout", "0"),
        ("reply_deadline", "3601"),
        ("silence_timeout", "inf"),
        ("provider_timeout", ""),
        ("max_output", "15"),
        ("max_output", "200001"),
        ("history_messages", "-1"),
        ("history_characters", "5"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(staff, field, value) -> None:
    response = save(staff, **{field: value})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert EngineSettings.objects.get().values() == EngineSettings().values()


def test_an_error_is_a_plain_sentence(staff) -> None:
    response = save(staff, retry_schedule='{"first": 1}')

    assert response.context["adminform"].form.errors["retry_schedule"] == [
        "It must be a list of up to 10 numbers from 0 up to 300."
    ]


def test_staff_without_the_right_neither_see_nor_make_the_settings(alice, as_user) -> None:
    alice.is_staff = True
    alice.save()

    assert as_user(alice).get(reverse(LIST)).status_code == 403
    assert not EngineSettings.objects.exists()


def press_test(client: Client, row: Provider) -> str:
    """What the page says after the button was pressed."""
    page = client.get(reverse("admin:providers_provider_change", args=[row.pk])).text
    address = reverse("diagnostics:test-provider", args=[row.pk])
    assert f'action="{address}"' in page
    response = client.post(address, follow=True)
    [message] = response.context["messages"]
    return str(message)


def test_the_button_says_what_a_provider_answered_and_how_fast(staff, provider, quick_engine) -> None:
    said = press_test(staff, provider("say:I am here."))

    assert said.startswith("main answered “I am here.” with say:I am here.: first token after ")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("status:401", "the API key was refused (401) (key_refused)."),
        ("status:500", "the provider failed (500) (server_failed)."),
        ("hang", "no first token within 0.3 s (time_limit_passed)."),
        ("garbage:0", "an event of the stream is not JSON (stream_unreadable)."),
    ],
)
def test_the_button_says_why_a_provider_did_not_answer(
    staff, provider, quick_engine, script, sentence
) -> None:
    said = press_test(staff, provider(script, first_token_timeout=0.3))

    assert said.startswith("main did not answer after ")
    assert said.endswith(sentence)


def test_the_button_says_why_a_provider_was_not_asked(staff, provider, quick_engine) -> None:
    said = press_test(staff, provider("", kind="anthropic", base_url="", api_key=""))

    assert said == "main was not asked: no API key: set ANTHROPIC_API_KEY or enter one in admin."


def test_a_provider_can_be_tested_before_it_is_enabled(staff, provider, quick_engine) -> None:
    said = press_test(staff, provider("say:Not yet.", is_enabled=False))

    assert said.startswith("main answered “Not yet.”")


def test_the_button_says_that_an_address_may_not_be_called(staff, provider, settings, quick_engine) -> None:
    settings.VALIS_LOCAL_PROVIDERS = []
    said = press_test(staff, provider("say:never", base_url="http://127.0.0.1:6379"))

    assert said == (
        "main was not asked: bad base URL: 127.0.0.1:6379 is not on the public internet, "
        "nor among the servers of VALIS_LOCAL_PROVIDERS."
    )


def test_a_test_asks_once_and_is_in_the_ledger(sue, staff, provider, playing, db) -> None:
    EngineSettings(retry_schedule=[0, 0]).save()
    press_test(staff, provider("status:500"))
    call = Call.objects.get(provider="main")

    assert len(playing.calls) == 1
    assert (call.purpose, call.user, call.outcome) == (Purpose.TEST, sue, CallOutcome.FAILED)


def test_outsiders_and_staff_without_the_right_cannot_make_calls(
    provider, playing, as_user, alice: User, charlie: User
) -> None:
    address = reverse("diagnostics:test-provider", args=[provider("say:never").pk])
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="read_configuration"))

    assert Client().post(address).status_code == 302
    assert as_user(charlie).post(address).status_code == 302
    assert as_user(alice).post(address).status_code == 403
    assert len(playing.calls) == 0


def test_a_test_needs_a_form_s_token_and_is_no_link(sue, provider, playing, as_user) -> None:
    address = reverse("diagnostics:test-provider", args=[provider("say:never").pk])

    assert as_user(sue).get(address).status_code == 405
    assert as_user(sue, enforce_csrf_checks=True).post(address).status_code == 403
    assert len(playing.calls) == 0


def test_a_provider_that_is_gone_cannot_be_tested(staff) -> None:
    assert staff.post(reverse("diagnostics:test-provider", args=[12345])).status_code == 404


def test_a_model_to_learn_by_is_one_of_a_provider_that_is_there(staff, provider) -> None:
    assert "There is no provider “side”." in save(staff, memory_model="side cheap").content.decode()

    provider("m", name="side")
    save(staff, memory_model="side cheap")
    assert EngineSettings.objects.get().memory_model == "side cheap"
