"""Footnotes, `[^1]` and `[^1]: text`, for the Markdown parser; their ids begin with the name of the text."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

_LONGEST_LABEL = 60


def footnotes(parser: MarkdownIt) -> None:
    footnote_plugin(parser, inline=False)
    parser.inline.ruler.at("footnote_ref", _reference)
    parser.add_render_rule("footnote_block_open", _opening)
    parser.add_render_rule("footnote_caption", _number)
    parser.add_render_rule("footnote_anchor", _way_back)


def _reference(state: StateInline, silent: bool) -> bool:
    """The plugin's own rule looks for the end of a label through the whole text, each time."""
    end = state.src.find("]", state.pos, min(state.posMax, state.pos + _LONGEST_LABEL))
    return end > 0 and footnote_ref(state, silent)


def _opening(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<section class="footnotes">\n<ol>\n'


def _number(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f"[{tokens[index].meta['id'] + 1}]"


def _way_back(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    rules: Any = renderer.rules  # type: ignore[attr-defined]
    name = rules["footnote_anchor_name"](tokens, index, options, env)
    nth = tokens[index].meta["subId"]
    place = f"{name}:{nth}" if nth else name
    return f' <a href="#fnref{place}" class="footnote-back" title="Back to the text">↩︎</a>'
