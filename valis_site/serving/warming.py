"""What a first message should not have to wait for."""

from django.db import connections

from providers.calls import Usage
from providers.engine_settings import current_limits
from providers.instances import instance_for
from providers.lineup import line_up
from usage.pricing import cost_of


def warm_up() -> None:
    """Load the SDKs and the prices of those who may be asked, which takes a second."""
    for candidate in line_up((), current_limits()):
        if not candidate.skip_reason:
            instance_for(candidate)
            cost_of(candidate, Usage(1, 1))
    connections.close_all()
