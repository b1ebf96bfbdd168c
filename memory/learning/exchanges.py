"""What a layer above hands over to be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from personas.models import Persona
from providers.limits import EngineLimits


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person said, by the number of the message, and what the persona replied."""

    message_id: int
    said: str
    replied: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """Exchanges of one chat, the oldest first, with whom they were.

    `takes_last_place`: nobody talks, so also the only place at a provider may be used.
    """

    persona: Persona
    person_id: int
    exchanges: Sequence[Exchange]
    limits: EngineLimits
    takes_last_place: bool = False
