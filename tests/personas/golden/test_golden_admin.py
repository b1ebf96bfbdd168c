"""Staff write golden dialogues in admin."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.audit.models import AuditEntry
from personas import limits
from personas.golden.dialogues import GoldenDialogue, golden_dialogues
from personas.models import GoldenDialogueRow, Persona
from providers.calls import Utterance

pytestmark = pytest.mark.django_db
LIST = reverse("admin:personas_goldendialoguerow_changelist")
ADD = reverse("admin:personas_goldendialoguerow_add")
FORM = {
    "name": "A swarm",
    "position": "10",
    "told": "Person: Hello.\r\nReply: Slowly now.\r\nWhat is it?",
    "question": "There are bees in my chimney.",
    "reply": "The bees know. Leave them until evening.",
    "markers": "bees\r\n\r\n evening \r\n",
    "avoids": "language model",
}


def edit(row: GoldenDialogueRow) -> str:
    return reverse("admin:personas_goldendialoguerow_change", args=[row.pk])


def add(staff: Client, persona: Persona, **changes: str) -> GoldenDialogueRow:
    answer = staff.post(ADD, FORM | {"persona": str(persona.pk)} | changes)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return persona.golden_dialogues.latest("pk")


def problems(answer) -> dict:
    return dict(answer.context["adminform"].form.errors)


def test_what_staff_write_is_what_is_compared_with(staff, robin):
    add(staff, robin)

    assert golden_dialogues(robin) == (
        GoldenDialogue(
            name="A swarm",
            question="There are bees in my chimney.",
            reply="The bees know. Leave them until evening.",
            told=(Utterance("user", "Hello."), Utterance("assistant", "Slowly now.\nWhat is it?")),
            markers=("bees", "evening"),
            avoids=("language model",),
        ),
    )


def test_the_persona_s_page_leads_to_its_dialogues_and_they_to_a_new_one(staff, robin):
    page = staff.get(reverse("admin:personas_persona_change", args=[robin.pk])).content.decode()
    assert "Golden dialogues" in page
    opened = staff.get(reverse("admin:personas_persona_open_golden_dialogues", args=[robin.pk]))
    assert opened.url == f"{LIST}?persona__id__exact={robin.pk}"
    form = staff.get(f"{ADD}?_changelist_filters=persona__id__exact%3D{robin.pk}").context["adminform"].form
    assert str(form["persona"].value()) == str(robin.pk)


def test_a_dialogue_that_is_looked_at_and_saved_stays_as_it_was(staff, robin):
    row = add(staff, robin)
    before = golden_dialogues(robin)
    form = staff.get(edit(row)).context["adminform"].form
    staff.post(edit(row), {name: form[name].value() for name in form.fields if form[name].value()})

    assert golden_dialogues(robin) == before


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"told": "Hello."}, "told", "Begin each line of the dialogue with “Person:” or “Reply:”."),
        (
            {"told": "Person: Hello."},
            "told",
            "Person and persona must take turns, and the persona speaks last.",
        ),
        ({"told": "Reply:"}, "told", "Line 1 is empty."),
        ({"reply": "x" * (limits.GOLDEN_TEXT + 1)}, "reply", "at most 8000 characters"),
        ({"question": "a\x07b"}, "question", "U+0007, which cannot be stored"),
        ({"reply": ""}, "reply", "This field is required."),
        ({"markers": "bees\nbees"}, "markers", "“bees” is in the list more than once."),
        ({"avoids": "leave them"}, "avoids", "The golden reply says “leave them” itself."),
        ({"markers": "x" * 61}, "markers", "at most 60 are possible"),
    ],
)
def test_what_cannot_be_kept_is_explained(staff, robin, changes, field, message):
    answer = staff.post(ADD, FORM | {"persona": str(robin.pk)} | changes)
    assert list(problems(answer)) == [field]
    assert message in problems(answer)[field][0]


def test_the_page_says_what_is_found_in_the_reply(staff, robin):
    assert "Save the dialogue to see" in staff.get(ADD).content.decode()
    page = staff.get(edit(add(staff, robin))).content.decode()
    assert "7 words. Phrases: “The bees know.”. 2 of 2 markers: “bees”, “evening”." in page
    assert "refusal" not in page


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"declines": "on"}, "It does not look like a refusal, though it is to be one"),
        ({"reply": "I won't give you the honey."}, "It looks like a refusal"),
    ],
)
def test_a_reply_that_would_be_measured_otherwise_than_meant_is_pointed_out(staff, robin, changes, advice):
    assert advice in staff.get(edit(add(staff, robin, **changes))).content.decode()


def test_two_dialogues_of_a_persona_have_different_names(staff, robin):
    add(staff, robin)
    answer = staff.post(ADD, FORM | {"persona": str(robin.pk)})
    assert "has a golden dialogue of that name" in str(problems(answer))


@pytest.mark.both_databases
def test_a_persona_has_twenty_at_most(staff, robin):
    for number in range(limits.GOLDEN_DIALOGUES):
        row = add(staff, robin, name=str(number))
    answer = staff.post(ADD, FORM | {"persona": str(robin.pk)})
    assert "20 golden dialogues at most" in str(problems(answer))
    assert staff.post(edit(row), FORM).status_code == 302


def test_changes_are_in_the_audit_log(staff, robin):
    row = add(staff, robin)
    staff.post(edit(row), FORM | {"reply": "Changed."})
    staff.post(reverse("admin:personas_goldendialoguerow_delete", args=[row.pk]), {"post": "yes"})
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-3:] == [f"goldendialoguerow.{verb}" for verb in ("added", "changed", "deleted")]
    assert AuditEntry.objects.latest("pk").target == "“A swarm” of robin"


def test_who_may_not_edit_personas_may_not_edit_their_dialogues(robin):
    row = GoldenDialogueRow.objects.create(persona=robin, name="A", question="B", reply="C")
    user = get_user_model().objects.create_user("vic", password="irrelevant", is_staff=True)
    client = Client()
    client.force_login(user)
    assert [client.get(each).status_code for each in (LIST, ADD, edit(row))] == [403, 403, 403]
    user.user_permissions.set(Permission.objects.filter(codename="read_prompts"))
    assert [client.get(each).status_code for each in (LIST, ADD, edit(row))] == [200, 403, 200]
    assert client.post(edit(row), FORM).status_code == 403


def test_who_has_no_account_is_led_to_the_login(client, robin):
    assert client.get(LIST).status_code == 302
