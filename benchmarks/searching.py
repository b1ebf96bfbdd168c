"""Searches among 100,000 messages of one person.

python -m benchmarks.searching, with VALIS_DATA_DIR and DATABASE_URL of a database that is thrown away after.
"""

import os
import random
import time
import uuid
from functools import cache
from typing import Any

import django

from benchmarks.percentiles import percentile

MESSAGES, A_SESSION, ROUNDS = 100_000, 200, 40
_VOCABULARY = 20_000


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "valis_site.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    _measure(_filled())


def _text(chance: random.Random) -> str:
    """Few words are frequent and most are rare, as in a language."""
    return " ".join(_word(int(_VOCABULARY ** chance.random())) for _ in range(40))


@cache
def _word(rank: int) -> str:
    chance = random.Random(rank)  # nosec B311
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(1 + len(str(rank))))


def _filled() -> Any:
    from accounts.models import User  # noqa: PLC0415
    from chat.models import Attempt, Message, Session, Turn  # noqa: PLC0415

    chance = random.Random(5)  # nosec B311
    user = User.objects.create_user(f"reader-{uuid.uuid4().hex[:6]}")
    for _ in range(0, MESSAGES // 2, A_SESSION):
        session = Session.objects.create(owner=user, title="A talk")
        said = Message.objects.bulk_create(
            Message(
                session=session, author=user, position=2 * n, client_id=uuid.uuid4().hex, text=_text(chance)
            )
            for n in range(A_SESSION)
        )
        made = Turn.objects.bulk_create(
            Turn(session=session, question=each, position=each.position + 1, status="complete", attempt=1)
            for each in said
        )
        for each, parent in zip(said[1:], made, strict=False):
            each.parent = parent
        Message.objects.bulk_update(said, ["parent"], batch_size=500)
        session.head = made[-1]
        session.save(update_fields=["head"])
        Attempt.objects.bulk_create(
            Attempt(turn=each, number=1, status="complete", text=_text(chance)) for each in made
        )
    return user


def _measure(user: Any) -> None:
    from chat.search.finding import search  # noqa: PLC0415

    chance = random.Random(6)  # nosec B311
    for name, query in (
        ("a frequent word", lambda: _word(chance.randint(1, 9))),
        ("a rare word", lambda: _word(chance.randint(1_000, 19_999))),
        ("two words", lambda: f"{_word(chance.randint(1, 50))} {_word(chance.randint(1, 200))}"),
        ("a beginning", lambda: _word(chance.randint(100, 19_999))[: chance.randint(1, 4)]),
        ("no match", lambda: "qqqq"),
    ):
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            search(user, query())
            times.append((time.perf_counter() - began) * 1_000)
        print(f"{name}: p50 {percentile(times, 0.5):.0f} ms, p95 {percentile(times, 0.95):.0f} ms")


if __name__ == "__main__":
    main()
