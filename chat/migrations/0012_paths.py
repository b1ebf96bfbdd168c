"""Sessions as they were: each message goes on from the turn before it, and the newest turn is shown."""

from django.db import migrations
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

_NO_REPLY = "There was no reply to this where it came from."


def fill(apps, schema_editor):
    session, message, turn = (apps.get_model("chat", name) for name in ("Session", "Message", "Turn"))
    kept = message.objects.filter(session__is_transient=False)
    before = turn.objects.filter(session=OuterRef("session"), position__lt=OuterRef("position"))
    kept.update(parent=Subquery(before.order_by("-position").values("pk")[:1]))
    newest = turn.objects.filter(session=OuterRef("pk")).order_by("-position")
    session.objects.filter(is_transient=False).update(head=Subquery(newest.values("pk")[:1]))
    bare = kept.filter(~Exists(turn.objects.filter(question=OuterRef("pk"))))
    for question in list(bare.only("session", "position").order_by("session", "position")):
        give_turn(apps, question)


def give_turn(apps, question):
    """A path leads from turn to turn, so one is made for what was imported without a reply."""
    turn, attempt = apps.get_model("chat", "Turn"), apps.get_model("chat", "Attempt")
    session = apps.get_model("chat", "Session").objects.get(pk=question.session_id)
    made = turn.objects.create(
        session=session,
        question=question,
        position=session.next_position,
        status="cancelled",
        attempt=1,
        persona_id=session.persona_id,
        finished_at=timezone.now(),
    )
    attempt.objects.create(turn=made, number=1, status="cancelled", code="not_answered", reason=_NO_REPLY)
    session.next_position += 1
    if not turn.objects.filter(session=session, question__position__gt=question.position).exists():
        session.head = made
    session.save(update_fields=["next_position", "head"])


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0011_tree'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
