"""`$x_1$`, `\\(x_1\\)`, `\\[x_1\\]`, `$$x_1$$`: formulas stay as typed. Rules for the Markdown parser.

Without them `_` and `*` in a formula become emphasis, and the backslashes of its brackets are lost.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_LONGEST = 400
"""Characters of a formula within a line: who looks for its end looks no further."""
# Much as in Pandoc: no space inside the dollars, no word behind them, so that "$5 and $6" are prices.
_INLINE = re.compile(
    r"\$\$[^$`]+\$\$|\$(?![\s$])(?:[^$\\`]|\\.)+?(?<!\s)\$(?!\w)|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL
)
_CLOSING = {"$$": "$$", "\\[": "\\]"}


def formulas(parser: MarkdownIt) -> None:
    parser.inline.ruler.before("escape", "formula", _formula_in_line)
    may_interrupt = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "formula", _formula_block, {"alt": may_interrupt})
    parser.add_render_rule("formula", _rendered)


def _formula_in_line(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    found = _INLINE.match(state.src, state.pos, min(state.posMax, state.pos + _LONGEST))
    if not found:
        return False
    if not silent:
        state.push("text", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _formula_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Lines between two that are `$$`, or `\\[` and `\\]`; a blank one ends it, too, as it does in TeX."""
    closing = _CLOSING.get(_line(state, start_line))
    if closing is None or state.is_code_block(start_line):
        return False
    if silent:
        return True
    lines = [_line(state, start_line)]
    for line in range(start_line + 1, end_line):
        is_outside = state.sCount[line] < state.blkIndent
        if is_outside or state.isEmpty(line):
            break
        lines.append(_line(state, line))
        if lines[-1] == closing:
            break
    state.line = start_line + len(lines)
    token = state.push("formula", "p", 0)
    token.content, token.map = "\n".join(lines), [start_line, state.line]
    return True


def _rendered(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    lines = escape(tokens[index].content, quote=False).replace("\n", "<br>\n")
    return f"<p>{lines}</p>\n"


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
