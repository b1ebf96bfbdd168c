"""`manage.py set_up`: what a server needs after its first `migrate`. Given again, it does nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.first_people import create_first_people
from accounts.models import User
from valis_site.serving.first_start import fill_when_empty


class Command(BaseCommand):
    help = "Put the shipped personas and providers, and the account `staff`, into an empty database."

    # Ours alone: all the others load the pages.
    requires_system_checks = ("valis",)

    def handle(self, **_: Any) -> None:
        if not settings.VALIS_STAFF_PASSWORD and not User.objects.exists():
            raise CommandError("Nobody could log in. Set VALIS_STAFF_PASSWORD: the account `staff` gets it.")
        fill_when_empty()
        people = create_first_people(
            demo_password=settings.VALIS_DEMO_PASSWORD or None, staff_password=settings.VALIS_STAFF_PASSWORD
        )
        for person in people:
            self.stdout.write(f"Created {person.username}, with the password that was set.")
