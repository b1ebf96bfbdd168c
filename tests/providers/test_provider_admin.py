"""Staff set up providers in admin; keys go in and never come out."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from providers.catalogue import load_shipped
from providers.models import Provider
from usage.models import Call

KEY = "sk-VALISCANARY-0123456789abcdef"
FIELDS = {
    "name": "mine",
    "kind": "openai",
    "priority": "10",
    "is_enabled": "on",
    "model": "gpt-5.4-mini",
    "base_url": "http://127.0.0.1:9/v1",
}
ADD = "admin:providers_provider_add"
CHANGE = "admin:providers_provider_change"
LIST = "admin:providers_provider_changelist"


@pytest.fixture
def staff(sue, as_user) -> Client:
    return as_user(sue)


@pytest.fixture
def mine(db) -> Provider:
    return Provider.objects.create(
        name="mine",
        kind="openai",
        model="gpt-5.4-mini",
        base_url="http://127.0.0.1:9/v1",
        api_key=KEY,
        priority=10,
    )


def change(client: Client, row: Provider, **fields: str):
    return client.post(reverse(CHANGE, args=[row.pk]), FIELDS | fields, follow=True)


def errors_of(response) -> dict[str, list[str]]:
    return response.context["adminform"].form.errors


def test_a_provider_is_added_with_its_key_encrypted(staff) -> None:
    staff.post(reverse(ADD), FIELDS | {"new_api_key": KEY})
    row = Provider.objects.get(name="mine")

    assert row.api_key == KEY
    assert KEY.encode() not in _stored_bytes()


def _stored_bytes() -> bytes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM providers_provider")
        return str(cursor.fetchall()).encode()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"base_url": "localhost:11434"}, "base_url"),
        ({"base_url": "http://key:secret@127.0.0.1/v1"}, "base_url"),
        ({"first_token_timeout": "-1"}, "first_token_timeout"),
        ({"silence_timeout": "0"}, "silence_timeout"),
        ({"provider_timeout": "99999"}, "provider_timeout"),
        ({"connect_timeout": "nan"}, "connect_timeout"),
        ({"priority": "-1"}, "priority"),
        ({"kind": "carrier-pigeon"}, "kind"),
        ({"kind": "fallback"}, "kind"),
        ({"name": "With Spaces"}, "name"),
        ({"name": "fallback"}, "name"),
        ({"new_api_key": "two words"}, "new_api_key"),
        ({"new_api_key": "schlüssel"}, "new_api_key"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(staff, fields, wrong) -> None:
    response = staff.post(reverse(ADD), FIELDS | fields)

    assert wrong in errors_of(response)
    assert not Provider.objects.exists()


def test_no_page_of_admin_ever_holds_the_key(staff, mine) -> None:
    change(staff, mine, new_api_key=f"{KEY}-new", model="other")
    pages = [
        staff.get(reverse(LIST)),
        staff.get(reverse(CHANGE, args=[mine.pk])),
        staff.get(reverse("admin:providers_provider_history", args=[mine.pk])),
        staff.get(reverse("admin:providers_provider_delete", args=[mine.pk])),
        change(staff, mine, new_api_key=f"{KEY}-newest", base_url="nonsense"),
    ]

    assert [page.status_code for page in pages] == [200] * len(pages)
    assert not any("VALISCANARY" in page.text for page in pages)
    assert not any("VALISCANARY" in str(entry.change_message) for entry in LogEntry.objects.all())


def test_of_a_stored_key_the_last_four_characters_are_shown(staff, mine) -> None:
    assert "A key ending in …cdef is stored" in staff.get(reverse(CHANGE, args=[mine.pk])).text


def test_of_a_short_key_nothing_is_shown(db) -> None:
    assert Provider(api_key="short").key_hint == "…"


def test_an_empty_field_keeps_the_key(staff, mine) -> None:
    change(staff, mine, model="another", new_api_key="")
    mine.refresh_from_db()

    assert (mine.model, mine.api_key) == ("another", KEY)


def test_a_new_key_replaces_the_old_one(staff, mine) -> None:
    change(staff, mine, new_api_key=" sk-new-0123456789 ")
    mine.refresh_from_db()

    assert mine.api_key == "sk-new-0123456789"


def test_a_changed_base_url_needs_the_key_again(staff, mine) -> None:
    response = change(staff, mine, base_url="http://127.0.0.1:6666/v1")
    mine.refresh_from_db()

    assert "enter the key again" in errors_of(response)["new_api_key"][0]
    assert mine.base_url == "http://127.0.0.1:9/v1"


def test_a_base_url_that_is_taken_away_needs_the_key_again_as_well(staff, mine) -> None:
    assert "new_api_key" in errors_of(change(staff, mine, base_url=""))


@pytest.mark.parametrize("changed", [{"kind": "anthropic"}, {"uses_environment": "on"}])
def test_another_kind_and_the_environment_s_address_need_the_key_again_too(
    staff, mine, monkeypatch, changed
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:6666/v1")
    Provider.objects.filter(pk=mine.pk).update(base_url="")

    assert "new_api_key" in errors_of(change(staff, mine, base_url="", **changed))


def test_an_address_that_stays_the_same_needs_no_key(staff, mine) -> None:
    change(staff, mine, kind="anthropic", uses_environment="on")
    mine.refresh_from_db()

    assert (mine.kind, mine.api_key) == ("anthropic", KEY)


def test_a_local_server_that_the_operator_did_not_list_is_refused(staff, mine, settings) -> None:
    settings.VALIS_LOCAL_PROVIDERS = ["127.0.0.1:11434"]
    [problem] = errors_of(change(staff, mine, base_url="http://127.0.0.1:6379", new_api_key=KEY))["base_url"]

    assert problem == (
        "127.0.0.1:6379 is not on the public internet, nor among the servers of VALIS_LOCAL_PROVIDERS."
    )


def test_with_the_key_entered_again_the_base_url_may_change(staff, mine) -> None:
    change(staff, mine, base_url="http://127.0.0.1:6666/v1", new_api_key="sk-for-the-new-one")
    mine.refresh_from_db()

    assert (mine.base_url, mine.api_key) == ("http://127.0.0.1:6666/v1", "sk-for-the-new-one")


def test_a_key_can_be_removed_also_while_the_address_changes(staff, mine) -> None:
    change(staff, mine, base_url="http://127.0.0.1:6666/v1", remove_api_key="on")
    mine.refresh_from_db()

    assert mine.api_key == ""


def test_removing_is_offered_only_where_there_is_a_key(staff, mine) -> None:
    keyless = Provider.objects.create(name="keyless", kind="scripted")

    assert "remove_api_key" in staff.get(reverse(CHANGE, args=[mine.pk])).text
    assert "remove_api_key" not in staff.get(reverse(CHANGE, args=[keyless.pk])).text


def test_the_list_says_who_is_ready_and_who_is_skipped_and_why(staff, mine) -> None:
    Provider.objects.create(name="keyless", kind="anthropic")
    Provider.objects.create(name="off", kind="scripted", is_enabled=False)
    page = staff.get(reverse(LIST)).text

    assert "no API key: set ANTHROPIC_API_KEY or enter one in admin" in page
    assert "disabled by staff" in page
    assert "ready" in page


def test_the_list_names_the_model_that_is_asked_where_the_row_names_none(staff, mine) -> None:
    Provider.objects.filter(pk=mine.pk).update(model="")

    assert "gpt-5.4-mini" in staff.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize("broken", [{"kind": "gone"}, {"base_url": "::"}, {"silence_timeout": -4}])
def test_a_row_that_was_broken_by_sql_can_be_opened_and_mended(staff, mine, broken) -> None:
    Provider.objects.filter(pk=mine.pk).update(**broken)

    assert staff.get(reverse(LIST)).status_code == 200
    assert staff.get(reverse(CHANGE, args=[mine.pk])).status_code == 200
    change(staff, mine, new_api_key=KEY)
    mine.refresh_from_db()
    assert (mine.kind, mine.base_url, mine.silence_timeout) == ("openai", "http://127.0.0.1:9/v1", None)


def test_the_order_can_be_changed_in_the_list_and_keys_stay(staff, mine) -> None:
    page = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(mine.pk),
        "form-0-priority": "77",
        "_save": "Save",
    }
    staff.post(reverse(LIST), page)
    mine.refresh_from_db()

    assert (mine.priority, mine.is_enabled, mine.api_key) == (77, False, KEY)


def test_only_staff_with_the_right_come_in(mine, alice, as_user) -> None:
    assert as_user(alice).get(reverse(LIST)).status_code == 302
    alice.is_staff = True
    alice.save()
    assert as_user(alice).get(reverse(CHANGE, args=[mine.pk])).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="read_configuration"))
    assert as_user(alice).get(reverse(CHANGE, args=[mine.pk])).status_code == 200
    assert change(as_user(alice), mine, model="hers").status_code == 403


def test_nothing_was_called_by_all_of_this(staff, mine) -> None:
    staff.get(reverse(LIST))
    change(staff, mine, model="another")

    assert not Call.objects.exists()


def test_whoever_switches_on_a_provider_that_starts_programs_is_told_so(staff) -> None:
    commander = {**FIELDS, "name": "commander", "kind": "desktop_commander", "base_url": "", "model": ""}
    told = staff.post(reverse(ADD), commander, follow=True)
    form = staff.get(reverse(ADD))

    assert "It starts a program on this machine" in str(next(iter(told.context["messages"])))
    assert "DesktopCommander: It starts a program on this machine" in form.content.decode()


def test_a_provider_that_starts_programs_is_shipped_switched_off(db) -> None:
    load_shipped()

    assert not Provider.objects.get(kind="desktop_commander").is_enabled
