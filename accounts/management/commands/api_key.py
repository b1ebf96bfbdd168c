"""`manage.py api_key create|list|revoke`: keys of programs, without the browser."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.keys import keys_of, make_key, revoke_key
from accounts.models import ApiKey, User
from accounts.rights import Scope
from core.errors import ValisError


class Command(BaseCommand):
    help = "Make, list and revoke API keys."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key; its text is printed once")
        create.add_argument("user")
        create.add_argument("--name", required=True)
        create.add_argument(
            "--scope", action="append", choices=Scope.values, help="may be given again; otherwise chat"
        )
        create.add_argument("--expires-days", type=int)
        create.add_argument("--requests-per-minute", type=int)
        actions.add_parser("list", help="the keys of a person").add_argument("user")
        actions.add_parser("revoke", help="end a key for good").add_argument(
            "key", help="the key's beginning, as `list` shows it"
        )

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except ValisError as error:
            raise CommandError(error.message) from None

    def _create(self, user: str, name: str, **options: Any) -> None:
        days = options["expires_days"]
        made = make_key(
            _person(user),
            name=name,
            scopes=options["scope"] or [Scope.CHAT],
            expires_at=timezone.now() + timedelta(days=days) if days is not None else None,
            requests_per_minute=options["requests_per_minute"],
        )
        self.stderr.write("Keep it now: it is not shown again.")
        self.stdout.write(made.text)

    def _list(self, user: str, **_: Any) -> None:
        for key in keys_of(_person(user)):
            state = "valid" if key.is_valid else "not valid"
            self.stdout.write(f"valis_{key.prefix}  {state:<9}  {','.join(key.scopes):<12}  {key.name}")

    def _revoke(self, key: str, **_: Any) -> None:
        found = ApiKey.objects.filter(prefix=key.strip().removeprefix("valis_").partition("_")[0]).first()
        if found is None:
            raise CommandError("There is no such key.")
        revoke_key(found)
        self.stderr.write(f"{found.name} is revoked.")


def _person(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is nobody called {username!r}.")
    return user
