"""What a session is called: by its first message, until somebody gives it a title."""

import re

from core.errors import InvalidInput
from core.text import is_blank, is_storable

LONGEST_TITLE = 120
_LENGTH = 60
_FENCE = re.compile(r"^\s*(```|~~~)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_START = re.compile(r"^\s*(?:(?:#{1,6}|>|[-*+]|\d{1,3}[.)]|\[[ xX]\])\s+)+")
_LABEL = re.compile(r"^title\s*:\s*", re.IGNORECASE)
_QUOTES = " \"'“”„‚‘’«»"
_MARKS = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


def title_from(text: str) -> str:
    """The first line that says something, without Markdown's marks, cut at a word."""
    lines = [line for line in text.splitlines() if not _FENCE.match(line)]
    readable = (_plain(line) for line in lines)
    return _cut(next(filter(None, readable), "") or " ".join(text.split()))


def checked_title(text: str) -> str:
    """A person's own title in one line. Raises `InvalidInput`."""
    title = " ".join(text.split())
    if len(title) > LONGEST_TITLE or not is_storable(title):
        raise InvalidInput(f"A title is a line of at most {LONGEST_TITLE} characters.", code="title_invalid")
    return "" if is_blank(title) else title


def title_said(text: str) -> str:
    """A model's answer as a title; empty when it is none."""
    lines = [each for each in map(_plain, text.strip().splitlines()) if each]
    if len(lines) != 1:
        return ""
    title = _LABEL.sub("", lines[0]).strip(_QUOTES).rstrip(".").strip()
    is_one = any(each.isalnum() for each in title) and len(title) <= _LENGTH and is_storable(title)
    return title if is_one else ""


def _plain(line: str) -> str:
    line = _LINK.sub(r"\1", _START.sub("", line))
    line = " ".join(_MARKS.sub("", line).split())
    return line if any(each.isalnum() for each in line) else ""


def _cut(line: str) -> str:
    if len(line) <= _LENGTH:
        return line
    head = line[: _LENGTH - 1]
    whole_words = head.rpartition(" ")[0]
    return (whole_words if len(whole_words) > _LENGTH // 2 else head).rstrip(" ,;:–-") + "…"
