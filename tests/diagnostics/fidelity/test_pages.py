"""The pages of fidelity runs, for those who may see and start them."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from diagnostics.fidelity.models import FidelityRun
from diagnostics.fidelity.reading import run_by_id
from personas.models import Persona
from providers.models import Provider
from tests.diagnostics.fidelity.conftest import OUT_OF_VOICE, Speak, Start, finish, in_voice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]

AsUser = Callable[[User], Client]
OVERVIEW = "/diagnostics/fidelity/"


def page(client: Client, path: str) -> str:
    """The text of a page without what lies between its lines."""
    return " ".join(client.get(path).content.decode().split())


def form_of(persona: Persona, **values: object) -> dict[str, object]:
    """What the persona's form in admin sends."""
    known = {
        "name": persona.name,
        "role": persona.role,
        "position": persona.position,
        "tags": "",
        "colour": persona.colour,
        "description": persona.description,
        "tone": persona.tone,
        "common_phrases": "\n".join(persona.common_phrases),
        "communication_style": persona.communication_style,
        "is_active": "on",
    }
    return known | values


def test_before_the_first_run_the_page_says_what_to_do(dora: User, jane: Persona, as_user: AsUser) -> None:
    assert "Choose a persona, and plan a run" in page(as_user(dora), OVERVIEW)


def test_before_a_start_it_says_how_many_calls_to_whom_and_what_they_cost_at_most(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", "say:Hello.", priority=1, price_in=0.0, price_out=100_000.0)
    speak("mute", "say:Hello.", priority=2, api_key="", base_url="")
    Persona.objects.filter(pk=jane.pk).update(max_tokens=10)
    count = jane.golden_dialogues.count()

    shown = page(as_user(dora), f"{OVERVIEW}?persona=jane")

    assert f"{2 * count} calls" in shown
    assert "Would be skipped: no API key" in shown
    assert f"${count}.00 at most" in shown  # each reply may have ten tokens, at ten cents


def test_what_nobody_knows_the_price_of_is_named(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")

    assert "Nobody knows what main costs." in page(as_user(dora), f"{OVERVIEW}?persona=jane")


def test_who_is_ticked_is_asked_and_nobody_else(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    client = as_user(dora)

    client.post(f"{OVERVIEW}start/", {"persona": "jane", "speaker": "main main-1"})

    assert [each["name"] for each in FidelityRun.objects.get().speakers] == ["main"]


def test_without_anybody_ticked_nothing_starts(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    client = as_user(dora)

    answer = client.post(f"{OVERVIEW}start/", {"persona": "jane"}, follow=True)

    assert "Tick at least one speaker." in answer.content.decode()
    assert not FidelityRun.objects.exists()


def test_a_viewer_sees_how_far_a_voice_drifts_but_not_what_was_said(
    speak: Speak, start: Start, vic: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", OUT_OF_VOICE)
    run = finish(start())

    shown = page(as_user(vic), f"{OVERVIEW}{run.pk}/")

    assert "with avoided words" in shown
    assert "calm down" not in shown
    assert "Plan a run" not in page(as_user(vic), OVERVIEW)
    assert as_user(vic).post(f"{OVERVIEW}start/", {"persona": "jane"}).status_code == 403
    assert as_user(vic).post(f"{OVERVIEW}{run.pk}/stop/").status_code == 403
    assert as_user(vic).post(f"{OVERVIEW}drafts/{jane.pk}/").status_code == 403


def test_replies_stand_beside_the_golden_ones_with_markers_found_and_missing(
    speak: Speak, start: Start, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", in_voice(jane))
    speak("loud", OUT_OF_VOICE)

    shown = page(as_user(dora), f"{OVERVIEW}{finish(start()).pk}/")

    assert shown.count('data-mark="found"') > 1
    assert shown.count('data-mark="missing"') > 1
    assert 'data-mark="avoided"' in shown


def test_what_was_said_is_shown_as_text(speak: Speak, start: Start, dora: User, as_user: AsUser) -> None:
    speak("main", "say:<script>alert(1)</script>")

    shown = page(as_user(dora), f"{OVERVIEW}{finish(start()).pk}/")

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_a_draft_is_checked_by_the_rules_of_the_form_and_not_saved(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")

    answer = as_user(dora).post(f"{OVERVIEW}drafts/{jane.pk}/", form_of(jane, tone="curt"), follow=True)

    run = FidelityRun.objects.get()
    assert "draft by dora" in answer.content.decode()
    assert (run.is_draft, run.snapshot["tone"]) == (True, "curt")
    jane.refresh_from_db()
    assert jane.tone != "curt"


def test_a_draft_that_could_not_be_saved_is_not_run(
    speak: Speak, dora: User, jane: Persona, as_user: AsUser
) -> None:
    answer = as_user(dora).post(f"{OVERVIEW}drafts/{jane.pk}/", form_of(jane, name="", tone="x" * 100_000))

    shown = answer.content.decode()
    assert answer.status_code == 400
    assert "This field is required." in shown
    assert "<strong>Tone</strong>" in shown
    assert not FidelityRun.objects.exists()


def test_a_run_is_stopped_on_its_page(speak: Speak, start: Start, dora: User, as_user: AsUser) -> None:
    speak("main", "say:Hello.")
    run = start()

    answer = as_user(dora).post(f"{OVERVIEW}{run.pk}/stop/", follow=True)

    assert "Stopped" in answer.content.decode()
    assert not run_by_id(run.pk).is_running


def test_all_personas_are_shown_with_few_statements(
    speak: Speak, start: Start, dora: User, jane: Persona, sam: Persona, as_user: AsUser,
    django_assert_max_num_queries,
) -> None:  # fmt: skip
    speak("main", "say:Hello.")
    finish(start(persona=jane))
    finish(start(persona=sam))
    client = as_user(dora)
    client.get(OVERVIEW)

    with django_assert_max_num_queries(12):
        client.get(OVERVIEW)


def test_a_provider_that_is_gone_leaves_the_page_readable(
    speak: Speak, start: Start, dora: User, as_user: AsUser
) -> None:
    speak("main", "say:Hello.")
    run = finish(start())
    Provider.objects.all().delete()

    assert "main" in page(as_user(dora), f"{OVERVIEW}{run.pk}/")
