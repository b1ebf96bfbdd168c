"""Whether anybody could be asked just now, found out without asking a model."""

from collections.abc import Sequence

from providers.circuits.guarding import Circuits
from providers.instances import reason_to_skip
from providers.limits import EngineLimits
from providers.lineup import line_up


def is_anybody_there(cascade: Sequence[str], limits: EngineLimits, *, model: str = "") -> bool:
    """As the cascade would see it before a call. Knocks at local servers: call it from a thread."""
    candidates = [each for each in line_up(cascade, limits, model=model) if not each.is_fallback]
    circuits = Circuits(limits)
    circuits.look(candidates)
    return any(not circuits.refusal(each) and not reason_to_skip(each) for each in candidates)
