"""What comes to mind among 10,000 memories of one person, where nine others have as many each.

python -m benchmarks.recall, with VALIS_DATA_DIR and DATABASE_URL of a database that is thrown away after.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Any

import django

from benchmarks.percentiles import percentile
from benchmarks.searching import _VOCABULARY, _word

MEMORIES, PEOPLE, ROUNDS, WARM_UP = 10_000, 10, 200, 20


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "valis_site.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    persona, people = _filled()
    _measure(persona, people[0])


def _text(chance: random.Random, words: int) -> str:
    """Few words are frequent and most are rare, as in a language."""
    return " ".join(_word(int(_VOCABULARY ** chance.random())) for _ in range(words))


def _filled() -> tuple[Any, list[Any]]:
    from accounts.models import User  # noqa: PLC0415
    from memory.models import WARM_KINDS, Memory  # noqa: PLC0415
    from personas.models import Persona  # noqa: PLC0415

    chance = random.Random(5)  # nosec B311
    persona = Persona.objects.create(slug="rose", name="Rose")
    people = [User.objects.create_user(f"person-{number}") for number in range(PEOPLE)]
    for person in people:
        Memory.objects.bulk_create(
            Memory(
                persona=persona,
                person=person,
                kind=chance.choice(WARM_KINDS),
                text=_text(chance, 12),
                importance=chance.randint(1, 10),
                origin="model",
            )
            for _ in range(MEMORIES)
        )
    return persona, people


def _measure(persona: Any, person: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from memory.recall import recall  # noqa: PLC0415
    from providers.limits import EngineLimits  # noqa: PLC0415

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE memory_memory")
    chance = random.Random(6)  # nosec B311
    questions: dict[str, Callable[[], str]] = {
        "an ordinary question, 12 words": lambda: _text(chance, 12),
        "a long message, 300 words": lambda: _text(chance, 300),
        "eight rare words": lambda: " ".join(_word(chance.randint(1_000, 19_999)) for _ in range(8)),
        "the most frequent words alone": lambda: " ".join(_word(rank) for rank in range(10, 18)),
        "no word that is known": lambda: "qqqq",
    }
    for name, question in questions.items():
        times, busy = [], []
        for _ in range(WARM_UP + ROUNDS):
            text = question()
            began, worked = time.perf_counter(), time.thread_time()
            recall(text, persona_id=persona.pk, person_id=person.pk, limits=EngineLimits())
            busy.append((time.thread_time() - worked) * 1_000)
            times.append((time.perf_counter() - began) * 1_000)
        told = (f"p50 {percentile(each[WARM_UP:], 0.5):.1f} ms, p95 {percentile(each[WARM_UP:], 0.95):.1f} ms"
                for each in (times, busy))  # fmt: skip
        print(f"{name}: {'; CPU of this process '.join(told)}")


if __name__ == "__main__":
    main()
