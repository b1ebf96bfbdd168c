"""Celery's door of accounts."""

from celery import shared_task

from accounts.logins import remove_old_logins as remove


@shared_task
def remove_old_logins() -> None:
    remove()
