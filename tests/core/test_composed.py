"""Statements that are composed once do what the ORM's do."""

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from chat.models import Message, Session, Turn
from core.composed import Insert, Rows, Tuples, Update, given
from personas.models import Persona

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
_ODD = "100 % \"quoted\" 'twice'; -- %s\n\u2603"


@pytest.fixture
def session(alice: User, jane: Persona) -> Session:
    return Session.objects.create(owner=alice, persona=jane, title=_ODD, greeting={"text": _ODD})


def test_rows_come_with_what_they_belong_to_and_cost_no_statement_more(
    session: Session, alice: User, django_assert_num_queries
) -> None:
    sessions = Rows(
        lambda: (
            Session.objects.filter(pk=given("pk", Session.id.field))
            .select_related("owner", "persona")
            .annotate(twice=F("next_position") * 2)
        )
    )

    for _ in range(2):
        with django_assert_num_queries(1):
            found = sessions.one(pk=session.pk)
            assert found == session
            assert (found.title, found.greeting, found.owner) == (_ODD, {"text": _ODD}, alice)
            assert found.persona == session.persona
            assert found.created_at == session.created_at
    assert found.twice == 2 * session.next_position  # type: ignore[attr-defined]


def test_each_call_has_its_own_values(session: Session, alice: User, bob: User) -> None:
    owned = Tuples(lambda: Session.objects.filter(owner=given("owner")).values_list("pk", "title"))

    assert owned(owner=alice.pk) == [[session.pk, _ODD]]
    assert owned(owner=bob.pk) == []


def test_nothing_found_is_none(session: Session) -> None:
    assert Rows(lambda: Persona.objects.filter(slug=given("slug"))).one(slug=_ODD) is None


def test_an_update_changes_what_it_is_given_and_says_how_many_rows(session: Session) -> None:
    change = Update(
        lambda: Session.objects.filter(pk=given("pk", Session.id.field), is_pinned=False),
        title=given("title"),
        greeting=given("greeting", Session.greeting.field),
        deleted_at=Now(),
        is_pinned=True,
    )

    assert change(pk=session.pk, title=_ODD * 2, greeting=None) == 1
    assert change(pk=session.pk, title="never", greeting={}) == 0
    session.refresh_from_db()
    assert (session.title, session.greeting, session.is_pinned) == (_ODD * 2, None, True)
    assert session.deleted_at


def test_a_row_is_inserted_as_if_it_had_been_saved(session: Session, alice: User) -> None:
    before = timezone.now()
    message = Message(session=session, author=alice, position=1, client_id="1", text=_ODD)
    turn = Turn(session=session, question=Insert(Message)(message), position=2, snapshot={"name": _ODD})

    assert Insert(Turn)(turn).pk == Turn.objects.get().pk
    stored = Turn.objects.select_related("question").get()
    assert (stored.question.text, stored.snapshot, stored.brief) == (_ODD, {"name": _ODD}, None)
    assert before <= stored.created_at == turn.created_at <= timezone.now()
    turn.lost_count = 1
    turn.save()
    assert Turn.objects.get().lost_count == 1


def test_a_row_that_brings_its_own_key_keeps_it(alice: User) -> None:
    session = Insert(Session)(Session(owner=alice))

    assert Session.objects.get().pk == session.pk


def test_a_constraint_that_is_hurt_is_the_orms_error(session: Session, alice: User) -> None:
    insert = Insert(Message)
    insert(Message(session=session, author=alice, position=1, client_id="1", text=""))

    with pytest.raises(IntegrityError):
        insert(Message(session=session, author=alice, position=1, client_id="2", text=""))
