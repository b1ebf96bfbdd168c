"""Words of memories: what stands in a message, what says the same, and what must not read as an order."""

import re
import unicodedata

from memory.relevance import EMPTY_WORDS

_WORD = re.compile(r"\w+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
"""Letters of scripts that leave no space between words."""
_TELLING = re.compile(rf"[\d{_UNSPACED}]")
_JOINERS = "\u200c\u200d"
"""Invisible, but Persian and pictures need them."""
_LOOK_ALIKES = str.maketrans(
    "аеіјорсухѕԁһӏԛԝАВЕІЈКМНОРСТУХЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "aeijopcyxsdhlqwABEIJKMHOPCTYXSABEZHIKMNOPTYXo",
)
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
    """Whether the message has these very words, one after the other, and they tell anything.

    *I am* stands in most messages; *yes* tells something where it is all that was said.
    """
    words, said = words_of(quote), " ".join(words_of(message))
    quoted = " ".join(words)
    before = "" if re.match(rf"[{_UNSPACED}]", quoted) else rf"(?<![^\s{_UNSPACED}])"
    after = "" if re.search(rf"[{_UNSPACED}]\Z", quoted) else rf"(?![^\s{_UNSPACED}])"
    if not words or not re.search(f"{before}{re.escape(quoted)}{after}", said):
        return False
    return quoted == said or any(_tells_something(each) for each in words)


def _tells_something(word: str) -> bool:
    return bool(_TELLING.search(word)) or (len(word) > 2 and word not in EMPTY_WORDS)


def as_reported(text: str) -> str:
    """A memory in one line. What reads like an order is told as something that was said, in quotes."""
    line = " ".join(_visible(text).split())
    if not _ORDER.search(_as_it_looks(line)):
        return line
    inner = line.strip("“”\"' ").replace("“", "'").replace("”", "'")
    return f"Once said: “{inner}”"


def _visible(text: str) -> str:
    """Without marks that hide or turn around what stands beside them."""
    return "".join(c for c in text if c in _JOINERS or unicodedata.category(c) != "Cf")


def _as_it_looks(line: str) -> str:
    plain = line.translate(dict.fromkeys(map(ord, _JOINERS)))
    return unicodedata.normalize("NFKC", plain).translate(_LOOK_ALIKES)
