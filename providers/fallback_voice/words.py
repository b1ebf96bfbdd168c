"""Words of other people, made safe to repeat: one line, plain text, short."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
_MARKUP = str.maketrans(dict.fromkeys('*_`~#^$"“”', "") | dict.fromkeys("[]<>|{}\\", " "))
_ADDRESS = re.compile(r"(?:(?:[a-z][a-z0-9+.-]*:)?//|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_WORD = re.compile(r"[\w']+")
_CUT_OFF = 3 / 5
_HARDLY_A_SENTENCE = 2

_SWAPS = {
    "i": "you",
    "i'm": "you're",
    "i've": "you've",
    "i'll": "you'll",
    "i'd": "you'd",
    "im": "you're",
    "ive": "you've",
    "am": "are",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
}
_SWAPPED_PAST = {"was": "were", "wasn't": "weren't"}
_SECOND_PERSON = {
    "you",
    "your",
    "yours",
    "yourself",
    "you're",
    "you've",
    "you'll",
    "you'd",
    "u",
    "ur",
}


def plain(text: str) -> str:
    """One line of text without what cannot be shown: control characters, direction marks, NUL."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    shown = (c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _UNSHOWN)
    return " ".join("".join(shown).replace("’", "'").split())


_UNSHOWN = ("Cc", "Cf", "Cs", "Co", "Cn")


def shown(text: str, limit: int = 60) -> str:
    """Plain text without markup and addresses, cut at a word; may be empty."""
    text = plain(_ADDRESS.sub("that address", plain(text)).translate(_MARKUP)).strip(" .,;:!-+=")
    if len(text) <= limit:
        return text
    cut = text[:limit]
    space = cut.rfind(" ")
    if space >= limit * _CUT_OFF:
        cut = cut[:space]
    return cut.rstrip(" .,;:!?-" + _JOINERS) + "…"


def quoted(text: str, limit: int = 60, end: str = "") -> str:
    """In quotation marks, with `end` inside them unless the text had to be cut."""
    text = shown(text, limit)
    return f"“{text}”" if text.endswith("…") else f"“{text}{end}”"


def mirrored(text: str) -> str:
    """The same from the other side: “my dog bit me” becomes “your dog bit you”.

    Empty where that is not safe, because the text also speaks of “you”.
    """
    words = _WORD.findall(text.lower())
    if _SECOND_PERSON.intersection(words):
        return ""
    swapped: list[str] = []
    before = ""
    for piece in re.split(r"([\w']+)", text):
        low = piece.lower()
        swap = _SWAPPED_PAST.get(low) if before == "i" else None
        swapped.append(swap or _SWAPS.get(low, piece))
        before = low if _WORD.fullmatch(low) else before
    return "".join(swapped)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A phrase as a whole sentence: capital letter first, a stop at the end."""
    text = capitalised(plain(text))
    return text if not text or unicodedata.category(text[-1]) == "Po" else f"{text}."


def count_sentences(text: str) -> int:
    """How many there are to read; “Hello.” and the like do not count."""
    parts = re.split(r"(?<=[.!?…])[”’)]*\s+", text)
    return sum(len(part.split()) > _HARDLY_A_SENTENCE for part in parts)
