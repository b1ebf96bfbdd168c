"""What the demo has before anybody looks: providers, personas, people, and ten days of chats."""

import json
from datetime import datetime

from accounts.models import User
from diagnostics.configuration.snapshots import taken_together
from personas.cards.services import import_persona
from personas.loading import load_shipped as load_personas
from personas.models import Persona
from providers.catalogue import SHIPPED
from providers.circuits.transitions import Key, count_failure
from providers.engine_settings import current_limits
from providers.errors import ServerFailed
from providers.lineup import FALLBACK, Candidate, candidate_of, fallback_candidate
from providers.models import EngineSettings, Provider
from valis_site.demo import chats, reading, traces
from valis_site.demo.stories import BACKUP, FLAKY, SCRIPTED

VISITORS = ("maya", "tomas")
ENGINEER = "sam"


def fill(*, now: datetime) -> None:
    """In a transaction of the caller's, who has made the first people already."""
    _add_providers()
    load_personas()
    _let_one_meet_failures()
    _bring_in_the_keeper()
    people = {user.username: user for user in [*User.objects.all(), *map(User.objects.create_user, VISITORS)]}
    candidates = _candidates()
    replies = [
        reply
        for number, chat in enumerate(reading.chats())
        for reply in chats.tell_chat(
            chat, user=people[chat.by], number=number, now=now, candidates=candidates
        )
    ]
    traces.write_ledger(replies, candidates)
    traces.write_activity(replies, now=now)
    _open_the_circuit(candidates[FLAKY])


def _add_providers() -> None:
    """Three that play, and the shipped ones, switched off: who enters a key has a model at hand.

    The price is made up, so that there is something to see.
    """
    with taken_together(by=None, how="first start"):
        # A script has nothing to say about what is worth remembering.
        EngineSettings.objects.get_or_create(pk=1, defaults={"memory_learning": False})
        Provider.objects.create(
            name=SCRIPTED, kind="scripted", priority=10, model="demo", price_in=3, price_out=15
        )
        Provider.objects.create(
            name=BACKUP, kind="scripted", priority=15, model="demo", price_in=1, price_out=5
        )
        Provider.objects.create(
            name=FLAKY, kind="scripted", priority=20, model="fail:server_failed", price_in=1, price_out=5
        )
        for row in SHIPPED:
            switched_off = {"is_enabled": False, "uses_environment": False, "priority": 30 + row["priority"]}
            Provider.objects.create(**row | switched_off)


def _let_one_meet_failures() -> None:
    """The engineer asks the flaky provider first: each reply shows how another one takes over."""
    persona = Persona.objects.get(slug=ENGINEER)
    persona.cascade = [FLAKY, SCRIPTED]
    persona._change_reason = "the demo's failover"  # type: ignore[attr-defined]  # noqa: SLF001
    persona.save()


def _bring_in_the_keeper() -> None:
    """A character card with a lorebook, as somebody would import it."""
    card = json.dumps(reading.told("card.yaml")).encode()
    persona = import_persona(card, by=None).persona
    persona.is_active = True
    persona.position = 90
    persona.save()


def _candidates() -> dict[str, Candidate]:
    limits = current_limits()
    rows = Provider.objects.filter(name__in=(SCRIPTED, BACKUP, FLAKY))
    return {row.name: candidate_of(row, limits) for row in rows} | {FALLBACK: fallback_candidate()}


def _open_the_circuit(candidate: Candidate) -> None:
    key = Key(candidate.config.name, candidate.config.model)
    threshold = current_limits().circuit_breaker_threshold
    for _ in range(threshold):
        count_failure(key, ServerFailed("failed as its script says"), threshold=threshold)
