"""`{{char}}` and `{{user}}` in the words of a persona."""

import re

PERSON = "the person"
_MACRO = re.compile(r"\{\{\s*(char|user|original)\s*\}\}", re.IGNORECASE)
_OLDER = re.compile(r"<(user|char|bot)>", re.IGNORECASE)
_OTHER = re.compile(r"\{\{[^{}\n]{1,60}\}\}")


def filled(text: str, *, char: str, user: str = PERSON) -> str:
    """In one pass: what a name itself contains is not looked at again."""
    if "{{" not in text:
        return text
    names = {"char": char, "user": user, "original": ""}
    return _MACRO.sub(lambda match: names[match[1].lower()], text)


def modernised(text: str) -> str:
    """`<USER>` and `<BOT>` of older cards as the macros of today."""
    return _OLDER.sub(lambda match: "{{user}}" if match[1].lower() == "user" else "{{char}}", text)


def unknown_macros(text: str) -> list[str]:
    """Macros of other tools, which stay as they are."""
    return [macro for macro in dict.fromkeys(_OTHER.findall(text)) if not _MACRO.fullmatch(macro)]
