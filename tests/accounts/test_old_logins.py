"""Logins that are over are removed; all others stay."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.tasks import remove_old_logins

pytestmark = pytest.mark.django_db


def login(*, ends_in: timedelta) -> str:
    store = SessionStore()
    store.set_expiry(timezone.now() + ends_in)
    store.save()
    return str(store.session_key)


def test_only_logins_that_are_over_are_removed() -> None:
    for days in (1, 30, 400):
        login(ends_in=-timedelta(days=days))
    kept = login(ends_in=timedelta(minutes=1))

    remove_old_logins()

    assert [each.session_key for each in Session.objects.all()] == [kept]
