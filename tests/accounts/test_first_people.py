"""The two people of a fresh installation."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.first_people import create_first_people
from accounts.models import User
from accounts.rights import Right
from personas.models import Persona
from providers.models import Provider

pytestmark = pytest.mark.django_db


def test_a_fresh_installation_gets_demo_and_staff() -> None:
    create_first_people(demo_password="", staff_password="")

    rights = {user.username: (user.is_staff, user.may(Right.CHANGE_ENGINE)) for user in User.objects.all()}
    assert rights == {"demo": (False, False), "staff": (True, True)}


def test_passwords_that_nobody_gave_are_made_up_and_shown() -> None:
    people = create_first_people(demo_password="", staff_password="")

    assert len({person.password for person in people}) == 2
    for person in people:
        assert User.objects.get(username=person.username).check_password(person.password)


def test_two_installations_have_different_passwords() -> None:
    first = create_first_people(demo_password="", staff_password="")
    User.objects.all().delete()
    second = create_first_people(demo_password="", staff_password="")

    assert first[0].password != second[0].password


def test_a_given_password_is_used_and_not_shown() -> None:
    people = create_first_people(demo_password="chosen by me", staff_password="")

    assert people[0].password == ""
    assert User.objects.get(username="demo").check_password("chosen by me")


def test_nobody_is_added_where_somebody_is(alice: User) -> None:
    assert create_first_people(demo_password="x", staff_password="y") == []
    assert list(User.objects.all()) == [alice]


def test_a_made_up_password_is_not_in_the_repr() -> None:
    person = create_first_people(demo_password="", staff_password="")[0]

    assert person.password not in repr(person)


def test_a_server_gets_the_account_whose_password_was_set_and_no_other(settings: Any) -> None:
    settings.VALIS_STAFF_PASSWORD = "chosen by the operator"
    settings.VALIS_DEMO_PASSWORD = ""

    call_command("set_up")
    call_command("set_up")

    [staff] = User.objects.all()
    assert staff.username == "staff" and staff.check_password("chosen by the operator")
    assert Persona.objects.exists() and Provider.objects.exists()


def test_a_server_that_nobody_could_log_in_to_is_not_set_up(settings: Any) -> None:
    settings.VALIS_STAFF_PASSWORD = ""

    with pytest.raises(CommandError, match="VALIS_STAFF_PASSWORD"):
        call_command("set_up")
