"""Words of memories: what stands in a message, what says the same, and what must not read as an order."""

import re
import unicodedata

_WORD = re.compile(r"\w+")
_ORDER = re.compile(
    r"""^\W*(?:please\s+|from\s+now\s+on,?\s+|in\s+future,?\s+)*
    (?:(?:always|never|immer|nie|niemals)\s+(?!\w+[^\Ws]s\b)\w+|
       ignore|disregard|forget|do\s+not|don't|don’t|stop|answer|reply|respond|write|say|tell|call|
       pretend|act|behave|assume|remember|use|reveal|show|print|repeat|obey|follow|execute|run|
       you\s+(?:must|should|shall|will|are|have\s+to|may|can)|your\s+(?:task|role|instructions?|rules?)|
       ignoriere|vergiss|antworte|schreibe?|sag|du\s+(?:musst|sollst|bist|darfst))\b
    |\b(?:system\s*prompt|(?:previous|above|earlier|all)\s+(?:instructions?|rules?|messages?)|jailbreak)\b
    |^\s*(?:system|assistant|user|developer)\s*:|<\|?/?\w+\|?>""",
    re.IGNORECASE | re.VERBOSE,
)


def words_of(text: str) -> tuple[str, ...]:
    """What two texts that say the same have in common, whatever their capitals and marks."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def is_said_in(quote: str, message: str) -> bool:
    """Whether the message has these very words, one after the other."""
    words = words_of(quote)
    return bool(words) and f" {' '.join(words)} " in f" {' '.join(words_of(message))} "


def as_reported(text: str) -> str:
    """A memory in one line. What reads like an order is told as something that was said, in quotes."""
    line = " ".join(text.split())
    if not _ORDER.search(line):
        return line
    inner = line.strip("“”\"' ").replace("“", "'").replace("”", "'")
    return f"Once said: “{inner}”"
