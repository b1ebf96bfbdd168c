"""Sessions from before there were versions."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat.search.index import CHATS

BEFORE, AFTER = [("chat", "0010_receipts")], [("chat", "0012_paths")]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_each_message_goes_on_from_the_turn_before_it_and_the_newest_is_shown() -> None:
    old = MigrationExecutor(connection)
    old.migrate(BEFORE)
    try:
        made = _store(old.loader.project_state(BEFORE).apps)
    finally:
        new = MigrationExecutor(connection)
        new.migrate(new.loader.graph.leaf_nodes())
        CHATS.make_after_migrating(using="default")  # the triggers of a table that is made anew are gone
    apps = new.loader.project_state(AFTER).apps
    session, message, turn = (apps.get_model("chat", name) for name in ("Session", "Message", "Turn"))

    chain = list(message.objects.filter(session=made["long"]).order_by("position"))
    replies = list(turn.objects.filter(session=made["long"]).order_by("position"))
    assert [each.parent_id for each in chain] == [None, replies[0].pk, replies[1].pk]
    assert session.objects.get(pk=made["long"]).head_id == replies[2].pk
    assert session.objects.get(pk=made["transient"]).head_id is None
    assert session.objects.get(pk=made["empty"]).head_id is None
    bare = session.objects.get(pk=made["unanswered"])
    last = turn.objects.get(pk=bare.head_id)
    assert (last.question.text, last.status, last.position) == ("2", "cancelled", 4)
    assert bare.next_position == 5


def _store(apps: Any) -> dict[str, Any]:
    session, message, turn = (apps.get_model("chat", name) for name in ("Session", "Message", "Turn"))
    owner = apps.get_model("accounts", "User").objects.create(username="alice")
    sessions = {name: session.objects.create(owner=owner) for name in ("long", "empty", "unanswered")}
    sessions["transient"] = session.objects.create(owner=owner, is_transient=True)

    def say(name: str, position: int, *replies: int) -> None:
        text, own = str(position), {"session": sessions[name]}
        client_id = f"{name}-{position}"
        question = message.objects.create(
            **own, author=owner, position=position, client_id=client_id, text=text
        )
        for each in replies:
            turn.objects.create(**own, question=question, position=each, status="complete", attempt=1)
        session.objects.filter(pk=sessions[name].pk).update(next_position=max(position, *replies, 0) + 1)

    for position in (1, 3, 5):
        say("long", position, position + 1)
    say("transient", 1, 2)
    say("unanswered", 1)
    say("unanswered", 2)
    return {name: each.pk for name, each in sessions.items()}
