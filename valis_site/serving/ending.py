"""The last thing that a process does."""

import logging
import os

from providers.tool_servers.programs import end_all as end_programs


def end_the_process(code: int = 0) -> None:
    """Once all is saved: write the log to its last line, and leave the rest as it is.

    A request's thread may still wait for the loop that has just ended; Python's own exit would wait
    for that thread without end.
    """
    end_programs()
    logging.shutdown()
    os._exit(code)
