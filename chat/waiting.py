"""Waiting for a turn to end, without a thread."""

import asyncio
from contextlib import closing

from chat.announcing import topic_of
from chat.models import OPEN_STATUSES, Turn
from chat.selectors import find_turn
from core import live
from core.threads import in_database_thread

_LOOK_AGAIN = 2.0


async def ended_turn(turn: Turn, *, seconds: float) -> Turn:
    """The turn once it has ended, or as it stands after `seconds`.

    Hears of the end by the session's topic, and looks at the row every 2 s in case it did not.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        # Anew for each look: whoever fell behind the log would else be told so again and again.
        with closing(await live.subscribe(topic_of(turn.session_id))) as subscription:
            current = await in_database_thread(find_turn, turn.pk)
            left = deadline - asyncio.get_running_loop().time()
            if current.status not in OPEN_STATUSES or left <= 0:
                return current
            await _news(subscription, turn.pk, min(left, _LOOK_AGAIN))


async def _news(subscription: live.Subscription, turn_id: int, seconds: float) -> None:
    """Return when the turn may have ended."""
    ending = tuple(f'"type":"turn.{kind}"' for kind in ("done", "failed", "cancelled", "interrupted"))
    try:
        async with asyncio.timeout(seconds):
            while True:
                for entry in await subscription.next_entries():
                    if any(each in entry.frame for each in ending) and f'"turn":{turn_id}' in entry.frame:
                        return
    except (TimeoutError, live.Missed):
        return
