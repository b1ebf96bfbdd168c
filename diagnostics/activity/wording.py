"""Events as short sentences. A kind that is not known here is shown by its name and facts."""

from collections import defaultdict
from typing import Any

_SENTENCES = {
    "reply_completed": "{persona} answered by {provider} in {seconds}",
    "reply_failed": "A reply of {persona} failed: {code}",
    "reply_interrupted": "A reply of {persona} was interrupted: {code}",
    "reply_cancelled": "A reply of {persona} was stopped",
    "call_failed": "{provider} failed: {code}",
    "failover": "{to} is asked in the place of {provider}",
    "provider_added": "The provider {name} was added",
    "provider_changed": "The provider {name} was changed",
    "provider_deleted": "The provider {name} was removed",
    "persona_added": "The persona {name} was added",
    "persona_changed": "The persona {name} was changed",
    "persona_deleted": "The persona {name} was removed",
    "login_locked": "A name was locked after too many wrong passwords",
    "circuit_opened": "The circuit of {provider} opened",
    "circuit_half_opened": "The circuit of {provider} lets one call through",
    "circuit_reset": "The circuit of {provider} was reset by {by}",
    "circuit_closed": "The circuit of {provider} closed",
    "config_updated": "The configuration was changed",
    "call_failed_in_drill": "{provider} failed on purpose: {code}",
    "drill_started": "{by} makes {provider} fail on purpose: {failure}",
    "drill_ended": "The drill with {provider} is over",
    "wish_given_up": "A reply of {persona} waited for a provider in vain",
    "learned": "{persona} learned from {exchanges} messages",
    "learning_unreadable": "What a model told {persona} to remember could not be read",
    "learning_given_up": "{exchanges} messages were let go without learning from them",
    "memories_compressed": "{persona} put old memories into a summary",
    "persona_capped": "{persona} has reached a cap",
}
_PROBLEMS = {
    "reply_failed",
    "reply_interrupted",
    "call_failed",
    "failover",
    "circuit_opened",
    "login_locked",
    "persona_capped",
    "learning_unreadable",
    "learning_given_up",
}


def sentence(kind: str, facts: dict[str, Any]) -> str:
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    if isinstance(ms := known.get("ms"), int | float):
        known["seconds"] = f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"
    if kind == "reply_completed" and known.get("is_fallback"):
        return f"{known.get('persona', 'A persona')} spoke with the fallback voice"
    if kind == "call_failed" and "drill" in known:
        kind = "call_failed_in_drill"
    if template := _SENTENCES.get(kind):
        return template.format_map(defaultdict(lambda: "?", known))
    shown = ", ".join(f"{name} {value}" for name, value in known.items())
    words = kind.replace("_", " ").capitalize()
    return f"{words}: {shown}" if shown else words


def is_problem(kind: str) -> bool:
    return kind in _PROBLEMS
