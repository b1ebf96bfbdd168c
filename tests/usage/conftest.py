"""Passing the gate in a test, as a worker does for a turn."""

from collections.abc import Callable

import pytest

from providers.calls import CallRequest, Utterance
from providers.cascade import CascadeEvent
from providers.engine_settings import current_limits
from providers.stopping import StopSignal
from usage.ledger import Account
from usage.metering import answer
from usage.models import Call, Purpose

QUESTION = CallRequest(
    system="You are Maya.", messages=(Utterance("user", "How are you today?"),), max_tokens=100
)


@pytest.fixture
def pass_gate(quick_engine):
    """Asks for a reply through the gate; returns its text and the rows it left, oldest first."""

    def ask(
        *,
        account: Account | None = None,
        stop: StopSignal | None = None,
        cascade: tuple[str, ...] = (),
        on_event: Callable[[CascadeEvent], object] = lambda event: None,
    ) -> tuple[str, list[Call]]:
        pieces: list[str] = []
        for event in answer(
            QUESTION,
            cascade=cascade,
            limits=current_limits(),
            account=account or Account(Purpose.CHAT),
            on_text=pieces.append,
            stop=stop or StopSignal(),
        ):
            on_event(event)
        return "".join(pieces), list(Call.objects.order_by("pk"))

    return ask
