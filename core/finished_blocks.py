"""Which blocks of a growing Markdown text are finished: whatever is added, they stay as they are.

The parser goes by lines and never back: of the top-level blocks it finds in whole lines, only the last can
still grow or become something else. What a line more makes of that one, it is asked itself.
"""

import re
from itertools import takewhile

from markdown_it.token import Token

from core.rendering import MOST_MARKDOWN, markdown_parser

MOST_LOOKED_AT = 20_000
"""Characters. A block that is longer counts as unfinished, so that nobody parses it again and again."""
_LINE_END = re.compile(r"\r\n?|\n")
_ONE_LINE_MORE = "x\n"
_FINISHED_BY_THEIR_END = {"hr", "fence", "formula"}
_FINISHED_BY_A_BLANK_LINE = {"heading_open", "paragraph_open", "table_open", "blockquote_open"}


def finished_blocks(text: str, start: int = 0) -> list[int]:
    """Where each finished block of a text ends, in code points; link definitions are left aside.

    `start` is an earlier end in the same text; what is before it is not looked at. A footnote's text
    belongs to the end, so nothing counts as finished from the first one on.
    """
    ends: list[int] = []
    while len(text) <= MOST_MARKDOWN and (more := _ends_in(text, start)):
        ends += more
        start = ends[-1]
    return ends


def _ends_in(text: str, start: int) -> list[int]:
    lines = text[start : text.rfind("\n", start, start + MOST_LOOKED_AT) + 1]
    if not lines:
        return []
    line_starts = [0, *(each.end() for each in _LINE_END.finditer(lines))]
    blocks = _blocks_of(_LINE_END.sub("\n", lines) + _ONE_LINE_MORE)
    finished = blocks[:-1]
    if finished and _first_line(blocks[-1]) == len(line_starts) - 1:
        is_after_blank = not lines[line_starts[-2] :].strip(" \t\r\n")
        if not _is_finished(finished[-1], is_after_blank=is_after_blank):
            finished.pop()
    before_notes = takewhile(lambda block: block.type != "footnote_reference_open", finished)
    return [start + line_starts[_line_after(block)] for block in before_notes]


def _blocks_of(text: str) -> list[Token]:
    tokens: list[Token] = []
    parser = markdown_parser()
    parser.block.parse(text.replace("\0", "\ufffd"), parser, {}, tokens)
    return [token for token in tokens if token.level == 0 and token.map]


def _is_finished(block: Token, *, is_after_blank: bool) -> bool:
    """Whether a block is, that one more line of text does not belong to."""
    if block.type in _FINISHED_BY_A_BLANK_LINE:
        return is_after_blank
    return block.type in _FINISHED_BY_THEIR_END


def _first_line(block: Token) -> int:
    return block.map[0] if block.map else 0


def _line_after(block: Token) -> int:
    return block.map[1] if block.map else 0
