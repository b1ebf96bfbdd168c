"""How fast something is, on a machine that may have other things to do."""

from collections.abc import Callable


def is_once_below(seconds: float, measured: Callable[[], float], *, times: int = 5) -> bool:
    """Whether it can be that fast: a busy machine is late now and then, code that waits is so each time."""
    return any(measured() < seconds for _ in range(times))
