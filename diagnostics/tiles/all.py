"""All tiles, in the order of the page."""

from diagnostics.tiles import calls, machinery, people
from diagnostics.tiles import learning as lessons
from diagnostics.tiles.asking import Tile

_REPLIES = ("reply_", "call_", "failover")

TILES = {
    tile.name: tile
    for tile in (
        Tile("drills", "A failover drill runs", "the drills themselves", machinery.drills, ("drill_",)),
        Tile("requests", "Requests", "the ledger of calls", calls.requests, _REPLIES, is_recounted=True),
        Tile("queue", "Waiting and running", "the turns themselves", machinery.queue, _REPLIES),
        Tile(
            "providers",
            "Providers, last hour",
            "the ledger of calls",
            calls.providers,
            _REPLIES,
            is_recounted=True,
        ),
        Tile(
            "circuits", "Circuits", "the circuits themselves", machinery.circuits, ("circuit_", "call_failed")
        ),
        Tile("errors", "Failed calls, last day", "the ledger of calls", calls.errors, ("call_failed",)),
        Tile("sessions", "Active sessions", "the sessions themselves", people.sessions, _REPLIES),
        Tile("messages", "Last messages", "the messages themselves", people.messages, _REPLIES),
        Tile(
            "learning",
            "Learning from chats",
            "the turns, and what was told of learning",
            lessons.learning,
            ("learn", "reply_completed"),
            is_recounted=True,
        ),
        Tile("processes", "Processes", "their own reports", machinery.processes),
    )
}
