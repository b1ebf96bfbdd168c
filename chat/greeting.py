"""The words a chat begins with: one of the persona's greetings, kept with the session.

So the page, the prompt and an export say the same, whatever becomes of the persona.
"""

from dataclasses import replace

from chat.models import Session
from core.errors import InvalidInput
from personas.macros import filled
from personas.models import Persona
from personas.opening import other_greetings
from personas.snapshots import PersonaSnapshot

_USER = "{{user}}"


def greeting_by(persona: Persona | None, *, choice: int = 0) -> dict[str, str] | None:
    """What a session keeps. 0 is the greeting itself, the others are those of its card.

    Raises `InvalidInput` for one that is not there.
    """
    text = persona.greeting if persona else ""
    if choice:
        others = other_greetings([persona]).get(persona.pk, []) if persona else []
        if not 0 < choice <= len(others):
            raise InvalidInput("The persona has no such greeting.", code="greeting_unknown")
        text = others[choice - 1]
    if persona is None or not text:
        return None
    name = persona.nickname or persona.name
    said = filled(text, char=name, user=_USER)
    return {"slug": persona.slug, "name": persona.name, "colour": persona.colour, "text": said}


def told(session: Session) -> str:
    """As its owner reads it; empty when the session began without one."""
    text = str((session.greeting or {}).get("text", ""))
    return filled(text, char="", user=session.owner.get_username()) if _USER in text else text


def as_greeted(snapshot: PersonaSnapshot, session: Session) -> PersonaSnapshot:
    """The persona knows the greeting that was read, and another one does not believe it has given its own."""
    if session.greeting is None:
        return snapshot
    is_own = session.greeting.get("slug") == snapshot.slug
    return replace(snapshot, greeting=session.greeting["text"] if is_own else "")
