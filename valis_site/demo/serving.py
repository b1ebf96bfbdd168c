"""`manage.py serve`, but what it finds on its first start is the demo's."""

import argparse
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.first_people import FirstPerson, create_first_people
from accounts.models import User
from valis_site.demo.filling import fill
from valis_site.demo.visiting import Visitors
from valis_site.management.commands.serve import Command as Serve


class ServeDemo(Serve):
    help = "Serve a VALIS that has people, chats and a past."
    about = (
        "This is the demo: what it shows is made up, its replies are scripted, and no model is asked.",
        "To begin anew: make demo FRESH=1. To keep the visitors away: make demo QUIET=1.",
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--quiet", action="store_true")

    def handle(self, *, quiet: bool = False, **options: Any) -> None:
        self._visitors = None if quiet else Visitors()
        super().handle(**options)

    def fill(self) -> list[FirstPerson]:
        if User.objects.exists():
            return []
        self.stdout.write("Telling a story of ten days …")
        with transaction.atomic():
            people = create_first_people(
                demo_password=settings.VALIS_DEMO_PASSWORD, staff_password=settings.VALIS_STAFF_PASSWORD
            )
            fill(now=timezone.now())
        return people

    def welcome(self, host: str, port: int, people: list[FirstPerson]) -> None:
        super().welcome(host, port, people)
        if self._visitors:
            self._visitors.start()
