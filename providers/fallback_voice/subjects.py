"""What a question, a request or a remark is about, in the person's own words turned round."""

import re

from providers.fallback_voice.words import mirrored, quoted, shown

_LONGEST_CLAUSE = 14
_POLITE = r"(?:please |kindly |just |now )*"
_SO = r"(?:(?:so|and|but|ok|okay|well)[, ]+)?"
_QUESTIONS = (
    (rf"{_SO}what do you (?:think|know|say) (?:of|about) (?P<it>.+)", "{}"),
    (rf"{_SO}(?:what|how) about (?P<it>.+)", "{}"),
    (rf"{_SO}(?:do you know|have you heard) (?:of|about) (?P<it>.+)", "{}"),
    (r"how (?:do|can|should|could|would|might|must) (?:i|we|you|one) (?P<it>.+)", "how to {}"),
    (r"how to (?P<it>.+)", "how to {}"),
    (r"(?:what|where) (?:can|should|could) (?:i|we) (?P<it>do .+)", "what to {}"),
    (r"should (?:i|we) (?P<it>.+)", "whether to {}"),
    (r"(?:what|who)(?: is|'s| are| was| were) (?P<it>(?:\S+ ?){1,5})", "{}"),
    (r"(?:what|who)(?:s|re) (?P<it>(?:\S+ ?){1,5})", "{}"),
    (r"why do (?P<it>.+)", "why {}"),
    (r"what does (?P<it>.+) mean", "what {} means"),
    (r"how does (?P<it>.+) work", "how {} works"),
    (r"how do (?P<it>.+) work", "how {} work"),
)
_REQUESTS = (
    rf"(?:can|could|would|will) you {_POLITE}(?P<it>.+)",
    rf"i(?:'d| would)? (?:want|need|like) you to {_POLITE}(?P<it>.+)",
    rf"{_POLITE}(?P<it>(?:help|let) me .+)",
    rf"{_POLITE}(?P<it>.+)",
)


def question_subject(text: str) -> str:
    """“how to boil an egg”, or the question itself in quotation marks where it cannot be turned."""
    text, mark = _last_question(text)
    for pattern, form in _QUESTIONS:
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            return _clause(match["it"], form) or quoted(text, end=mark)
    return quoted(text, end=mark)


def request_subject(text: str) -> str:
    """“write you a poem about autumn”, or the request itself in quotation marks."""
    text = _first_sentence(text)
    for pattern in _REQUESTS:
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            return _lowered(_clause(match["it"], "{}")) or quoted(text)
    return quoted(text)


def remark_subject(text: str) -> str:
    """“your dog learned to swim”, or the remark itself in quotation marks."""
    text = _first_sentence(text)
    if re.match(r"(?:i|i'm|i've|i'll|i'd|my)\b", text, re.IGNORECASE):
        return _lowered(_clause(text, "{}")) or quoted(text)
    return quoted(text)


def _clause(words: str, form: str) -> str:
    turned = mirrored(shown(words, limit=100)).rstrip("?")
    if not turned or turned.endswith("…") or len(turned.split()) > _LONGEST_CLAUSE:
        return ""
    return form.format(turned)


def _lowered(text: str) -> str:
    """In mid-sentence; names and abbreviations keep their capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def _last_question(text: str) -> tuple[str, str]:
    """The question without its mark, and the mark."""
    asked = [part for part in _sentences(text) if part.endswith("?")]
    return (asked[-1].rstrip("?!. "), "?") if asked else (_first_sentence(text), "")


def _first_sentence(text: str) -> str:
    return next((part.rstrip("?!. ") for part in _sentences(text) if part), text)
