"""Others who talk while somebody looks at the demo, so that the pages of staff have something to show."""

import threading
from itertools import cycle, islice
from uuid import UUID, uuid4

from django.db import close_old_connections

from accounts.models import User
from chat.services import submit_message
from core.logs import get_logger
from valis_site.demo.filling import VISITORS
from valis_site.demo.reading import told

logger = get_logger(__name__)

SECONDS_BETWEEN = 20.0
MOST = 500
"""Messages, after which they have gone home: a demo that is forgotten does not fill the disk."""


class Visitors:
    """They talk from `start` to the end of the process, and say the same in the same order each time."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._talk, name="visitors", daemon=True)
        self._sessions: dict[tuple[str, str], UUID] = {}

    def start(self) -> None:
        self._thread.start()

    def _talk(self) -> None:
        pause = threading.Event()
        for username, (persona, text) in islice(zip(cycle(VISITORS), cycle(_lines()), strict=False), MOST):
            pause.wait(SECONDS_BETWEEN)
            try:
                self._say(username, persona, text)
            except Exception:
                # Whatever was done to the demo meanwhile: the others may still be heard.
                logger.warning("a visitor of the demo was not heard", exc_info=True)
            finally:
                close_old_connections()

    def _say(self, username: str, persona: str, text: str) -> None:
        submission = submit_message(
            User.objects.get(username=username),
            text=text,
            client_id=uuid4().hex,
            session_id=self._sessions.get((username, persona)),
            persona_slug=persona,
        )
        self._sessions[username, persona] = submission.message.session_id


def _lines() -> list[tuple[str, str]]:
    """Whom they talk to, and what they say."""
    return [(persona, text) for line in told("visitors.yaml") for persona, text in line.items()]
