"""A real HTTP server that plays model providers; what it does is said by the model's name.

    with PlayingServer() as server:
        OpenAI(base_url=server.openai_url, api_key="any")   # model="tokens:200@50"
        server.calls[0].outcome

`python -m tests.playing --list` explains every name.
"""

from tests.playing.ledger import Call, Ledger, Outcome, max_overlap
from tests.playing.odd_bytes import LINE_SEPARATORS, MULTIBYTE, NUL
from tests.playing.registry import numbered
from tests.playing.server import PlayingServer, bound, serving

__all__ = [
    "LINE_SEPARATORS",
    "MULTIBYTE",
    "NUL",
    "Call",
    "Ledger",
    "Outcome",
    "PlayingServer",
    "bound",
    "max_overlap",
    "numbered",
    "serving",
]
