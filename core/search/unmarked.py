"""Markdown as it is read: without the marks, and with every word."""

import re

_LINE_MARKS = re.compile(
    r"^[ \t]*(?:(?:#{1,6}|>|[-+*])[ \t]+|[=|:\s-]{3,}$|\|)|[ \t]*\|[ \t]*$", re.MULTILINE
)
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]*)\)")
# Between two letters it is no mark, as in snake_case, and with space on both sides neither: 2 * 3.
_MARKS = re.compile(
    r"(?<![^\W_])(?<![*_~`])[*_~`]+(?![*_~`\s])|(?<=\S)(?<![*_~`])[*_~`]+(?![*_~`])(?![^\W_])"
)


def unmarked(text: str) -> str:
    """Plain text out of a part of a Markdown text. Addresses stay: they may be what is looked for."""
    return _MARKS.sub("", _LINK.sub(r"\1 (\2)", _LINE_MARKS.sub("", text)))
