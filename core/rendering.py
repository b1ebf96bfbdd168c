"""Markdown to HTML that cannot run anything: parsed without raw HTML, then sanitised all the same."""

from functools import lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from core.footnotes import footnotes
from core.formulas import formulas
from core.task_lists import task_lists

MOST_MARKDOWN = 100_000
"""Characters. Odd input can cost the parser seconds; a longer text is shown as it was written."""
MOST_CODE = 20_000
"""Characters of one block that are coloured: some languages take the square of that."""
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "em", "strong", "s", "a"),
    *("ul", "ol", "li", "code", "pre", "span", "sup", "section"),
    *("table", "thead", "tbody", "tr", "th", "td", "input"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "class"},
    "pre": {"class", "data-language"},
    "span": {"class"},
    "code": {"class"},
    "ol": {"start"},
    "ul": {"class"},
    "li": {"class", "id"},
    "sup": {"class"},
    "section": {"class"},
    "input": {"type", "checked", "disabled"},
}
_FORMATTER = HtmlFormatter(nowrap=True)


def _highlighted(code: str, language: str, _attributes: str) -> str:
    """A highlighted block, or an empty string to let the parser escape it as plain code."""
    if not language or len(code) > MOST_CODE:
        return ""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    coloured = highlight(code, lexer, _FORMATTER)
    return f'<pre class="highlight" data-language="{lexer.aliases[0]}"><code>{coloured}</code></pre>'


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"html": False, "linkify": True, "breaks": True, "highlight": _highlighted, "maxNesting": 40},
    )
    # Images stay links in the text: loading one would tell its server who reads here.
    parser.enable(["table", "strikethrough", "linkify"]).disable("image")
    return parser.use(task_lists).use(formulas).use(footnotes)


def render_markdown(text: str, *, name: str = "") -> str:
    """Sanitised HTML of a Markdown text; code blocks carry Pygments classes, never inline styles.

    Ids of footnotes contain `name`, so that several texts on one page each keep theirs.
    """
    if len(text) > MOST_MARKDOWN:
        return f"<p>{escape(text, quote=False)}</p>".replace("\n", "<br>\n")
    return nh3.clean(
        markdown_parser().render(text, {"docId": name} if name else {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
