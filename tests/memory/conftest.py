"""What Jane knows about Alice."""

from collections.abc import Callable

import pytest

from accounts.models import User
from memory.models import Kind, Memory, Origin
from memory.services import remember
from personas.models import Persona

Learn = Callable[..., Memory]


@pytest.fixture
def learn(alice: User, jane: Persona) -> Learn:
    """Jane remembers something about Alice, or about whom it is said."""

    def learn(text: str, *, person: User | None = alice, persona: Persona = jane, **values: object) -> Memory:
        given = {"kind": Kind.FACT, "origin": Origin.MODEL} | values
        return remember(persona_id=persona.pk, person_id=person.pk if person else None, text=text, **given)

    return learn
