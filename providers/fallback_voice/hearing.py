"""What somebody wants, as far as a rule can tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from providers.calls import Utterance
from providers.fallback_voice import patterns, subjects
from providers.fallback_voice.intents import Intent
from providers.fallback_voice.languages import language_of
from providers.fallback_voice.sums import worked_out
from providers.fallback_voice.words import plain, shown

_READ_AT_MOST = 2_000
_LONG_WORDS = 250
_CODE_MARKS = 2
_FEW_SYMBOLS = 8


@dataclass(frozen=True, slots=True)
class Heard:
    """`it` is what the intent needs: a subject, a sum with its result, a name, a language."""

    intent: Intent
    text: str = ""
    it: str = ""
    greeted: bool = False


def hear(messages: Sequence[Utterance], name: str) -> Heard:
    """What the last message wants of the persona called `name`."""
    said = [utterance.text for utterance in messages if utterance.role == "user"]
    whole = said[-1] if said else ""
    text = plain(whole[:_READ_AT_MOST])
    if not text:
        return Heard(Intent.NOTHING)
    if found := _by_form(whole, text):
        return found
    rest, greeted = _without_address(text, name)
    if not rest:
        return Heard(Intent.GREETING, text)
    intent, it = _by_meaning(rest, said)
    return Heard(intent, rest, it, greeted)


def name_given(texts: Sequence[str]) -> str:
    """The name somebody last gave as theirs, or an empty string."""
    for text in reversed(texts):
        if found := patterns.NAMED.search(plain(text[:_READ_AT_MOST])):
            return shown(found["name"], 30).capitalize()
    return ""


def _by_form(whole: str, text: str) -> Heard | None:
    """What is seen without reading it as English."""
    if patterns.DANGER.search(text):
        return Heard(Intent.DANGER, text)
    if not any(character.isalnum() for character in text):
        return Heard(Intent.SYMBOLS, text, shown(text, _FEW_SYMBOLS))
    return _by_size(whole, text) or _by_tongue(text)


def _by_size(whole: str, text: str) -> Heard | None:
    if "```" in whole or len(patterns.CODE.findall(whole[:_READ_AT_MOST])) >= _CODE_MARKS:
        return Heard(Intent.CODE, text, str(len(whole.strip().splitlines())))
    words = len(whole.split())
    if words >= _LONG_WORDS or len(whole) > _READ_AT_MOST:
        return Heard(Intent.LONG_TEXT, text, f"{round(words, -1) or words:,}")
    return None


def _by_tongue(text: str) -> Heard | None:
    if result := worked_out(text):
        return Heard(Intent.SUM, text, result)
    if language := language_of(text):
        return Heard(Intent.OTHER_LANGUAGE, text, language)
    return None


def _without_address(text: str, name: str) -> tuple[str, bool]:
    """Take a greeting and the persona's name off both ends."""
    called = re.escape(plain(name)) or "(?!)"
    anybody = r"[^\W\d_]+(?=[,!.])"
    hello = rf"{patterns.GREETING}\b(?: (?:there|again|everyone)\b)?(?:,? (?:{called}\b|{anybody}))?"
    start = re.match(rf"(?:{hello}|{called}\b(?=[,:!]))[\s,.!:-]*", text, re.IGNORECASE)
    rest = text[start.end() :] if start else text
    rest = re.sub(rf", ?{called}(?=[?!.]*$)", "", rest, count=1, flags=re.IGNORECASE)
    rest = re.sub(rf"\bwho(?: is|'s) {called}\b", "who are you", rest, flags=re.IGNORECASE)
    return rest.strip(" ,"), start is not None


def _by_meaning(text: str, said: Sequence[str]) -> tuple[Intent, str]:
    for intent, pattern in patterns.WHOLE:
        if pattern.fullmatch(text):
            return intent, _needed(intent, said)
    short = text.rstrip(" .!?,")
    for intent, pattern in patterns.ANYWHERE:
        if pattern.search(short):
            return intent, ""
    if found := patterns.NAMED.search(text):
        return Intent.INTRODUCTION, shown(found["name"], 30).capitalize()
    if patterns.WANTS.match(text):
        return Intent.REQUEST, subjects.request_subject(text)
    if "?" in text or patterns.ASKS.match(text):
        return Intent.QUESTION, subjects.question_subject(text)
    return Intent.REMARK, subjects.remark_subject(text)


def _needed(intent: Intent, said: Sequence[str]) -> str:
    if intent is Intent.MY_NAME:
        return name_given(said)
    if intent is Intent.RECALL and len(said) > 1:
        return shown(said[-2][:_READ_AT_MOST], 90)
    return ""
