"""Finished blocks of a running text: rendered once each, by the turn's thread, and told to the session."""

from chat.announcing import Announcer
from chat.turns import Held
from core.finished_blocks import finished_blocks
from core.rendering import MOST_MARKDOWN, render_markdown

_DEFINES = "]:"
"""Links and footnotes that are defined at one place change the text at another."""


class FinishedBlocks:
    """What of an attempt's text is rendered already."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer
        self._restart(0)

    def _restart(self, attempt: int) -> None:
        self._attempt, self._html, self._end, self._next_look = attempt, "", 0, 0

    def announce(self, held: Held, text: str) -> None:
        """Render what is finished of `text` by now and was not before."""
        if held.attempt != self._attempt:
            self._restart(held.attempt)
        if len(text) < self._next_look:
            return
        for end in finished_blocks(text, self._end):
            html = render_markdown(text[self._end : end])
            self._announcer.block(held, at=self._end, end=end, html=html)
            self._html += html
            self._end = end
        # A long list is looked at when there is a good deal more of it, not each second from its beginning.
        self._next_look = len(text) + (len(text) - self._end) // 4

    def whole(self, held: Held, text: str, *, name: str) -> str:
        """The HTML of the complete text: what is rendered already, and the rest."""
        if held.attempt != self._attempt or _DEFINES in text or len(text) > MOST_MARKDOWN:
            return render_markdown(text, name=name)
        return self._html + render_markdown(text[self._end :])
