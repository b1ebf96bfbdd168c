"""Patterns by which an English message is understood."""

import re

from providers.fallback_voice.intents import Intent
from providers.fallback_voice.texts import read_texts

_READ = read_texts("patterns")
_ENDING = r"[\s,.!?:)]*"


_FEEL = (
    r"\b(?:i'?m|i am|i feel|i've been|i have been|i was|we're|we are|feeling|makes? me|feel) "
    r"(?:(?:so|very|really|quite|pretty|too|just|all|a bit|a little|kind of|feeling|getting|still"
    r"|always|also|extremely|totally|completely|terribly|such) ){0,3}"
)


def _compiled(section: str, form: str = "{}") -> list[tuple[Intent, re.Pattern[str]]]:
    return [
        (
            Intent(name),
            re.compile(form.format("|".join(lines).replace("{feel}", _FEEL)), re.IGNORECASE),
        )
        for name, lines in _READ[section].items()
    ]


WHOLE = _compiled("whole", f"(?:{{}}){_ENDING}")
ANYWHERE = _compiled("anywhere")

GREETING = r"(?:hi+|hello+(?! world)|hey+|hiya|howdy|greetings|yo|good (?:morning|afternoon|evening|day))"
DANGER = re.compile(
    r"\b(?:kill(?:ing)? myself|end(?:ing)? my (?:own )?life|take my own life|suicidal"
    r"|(?:hurt|harm|cut)(?:ting|ing)? myself|commit(?:ting)? suicide|want to die|wanna die"
    r"|(?:don't|dont|do not) want to (?:live|be alive)|no reason to live|better off dead)\b",
    re.IGNORECASE,
)
NAMED = re.compile(
    r"\b(?:my name is|my name's|call me|i am called|i'm called)\s+(?P<name>[^\W\d_][\w'-]{0,29})",
    re.IGNORECASE,
)
_OPENING = r"(?:(?:so|and|but|ok|okay|well|now)[, ]+)?"
ASKS = re.compile(
    rf"{_OPENING}(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|can"
    r"|could|should|would|will|have|has|am|may|might)\b",
    re.IGNORECASE,
)
WANTS = re.compile(
    rf"{_OPENING}(?:(?:please|kindly) )*(?:(?:can|could|would|will) you|i (?:want|need) you to"
    r"|i(?:'d| would) like you to|write|tell|explain|give|make|create|help|show|summari[sz]e"
    r"|translate|list|describe|draft|plan|suggest|recommend|find|fix|compare|check|review|rewrite"
    r"|edit|correct|draw|design|generate|build|teach|remind|imagine|pretend|act"
    r"|continue|go on|read|look|search|sing|name|define)\b",
    re.IGNORECASE,
)
CODE = re.compile(
    r"```|^\s*(?:def|class|import|from|function|const|let|var|SELECT|#include|public|return)\s\S"
    r"|[;{}]\s*$|=>|^Traceback |^\s+at \w|</\w+>",
    re.MULTILINE,
)
