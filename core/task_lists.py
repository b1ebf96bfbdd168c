"""`- [ ] buy milk`: list items with a box, as a rule for the Markdown parser.

The usual plugin looks back through the whole text at each item, which takes minutes for a long list.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_BOX = re.compile(r"\[([ xX])\][ \t]+")
_OPENING = {"bullet_list_open", "ordered_list_open"}
_CLOSING = {"bullet_list_close", "ordered_list_close"}


def task_lists(parser: MarkdownIt) -> None:
    parser.core.ruler.after("inline", "task_lists", _mark_items)


def _mark_items(state: StateCore) -> None:
    lists: list[Token] = []
    for token, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if token.type in _OPENING:
            lists.append(token)
        elif token.type in _CLOSING:
            lists.pop()
        elif token.type == "list_item_open" and _put_box(inline):
            token.attrSet("class", "task-list-item")
            lists[-1].attrSet("class", "contains-task-list")


def _put_box(inline: Token) -> bool:
    """Put a box in place of the `[ ]` that an item's text begins with, if it does."""
    box = _BOX.match(inline.content)
    if not box or not inline.children or inline.children[0].type != "text":
        return False
    checked = "" if box[1] == " " else " checked"
    text = inline.children[0]
    text.content = text.content[box.end() :]
    inline.children.insert(
        0, Token("html_inline", "", 0, content=f'<input type="checkbox" disabled{checked}> ')
    )
    return True
