"""Asking a persona once, in a session that nobody sees and which is deleted after an hour."""

import uuid

from accounts.audit.recording import record
from accounts.models import User
from chat.briefs import Brief
from chat.models import Turn
from chat.transient import submit_transient
from core.errors import Conflict
from personas.models import Persona
from providers.calls import Utterance
from providers.drills.models import Drill, DrillState

_QUESTION = "This is a failover drill. Please answer with one short sentence."
MOST_TOKENS = 100


def ask_once(drill: Drill, user: User, *, persona: Persona) -> Turn:
    """One question by this person. Raises `Conflict` when it would not be part of the drill."""
    takes_part = drill.is_for_everybody or drill.started_by_id == user.pk
    if drill.state == DrillState.ENDED or not takes_part:
        raise Conflict("The drill is over, or not for you.", code="drill_not_yours")
    brief = Brief(dialogue=(Utterance("user", _QUESTION),), max_tokens=MOST_TOKENS)
    record("drill.asked", actor=user, target=drill, name=str(drill), persona=persona.slug)
    return submit_transient(user, session_id=uuid.uuid4(), persona=persona, brief=brief)
