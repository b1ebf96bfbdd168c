"""A circuit in any order of events, several workers and a clock, beside a model of it."""

from datetime import timedelta

import hypothesis.strategies as st
from django.db.models import F
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from providers.circuits import transitions
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.transitions import Key
from providers.errors import (
    ConnectionBroken,
    KeyRefused,
    ProviderSkipped,
    RateLimited,
    RequestRefused,
    ServerFailed,
)

THRESHOLD = 3
TIMEOUT = 60.0
LEASE = 40.0
# Never near a limit: what the machine itself takes does not matter.
PASSING = st.sampled_from([25, 50, 100])
COUNTED = [ServerFailed("500"), ConnectionBroken("cut"), KeyRefused("401"), RateLimited("429")]
NOT_COUNTED = [RequestRefused("400"), ProviderSkipped("nobody"), RateLimited("429", retry_after=7)]
FAILURES = st.sampled_from([*COUNTED, *NOT_COUNTED])


class CircuitMachine(RuleBasedStateMachine):
    """Every probe that was ever taken is used again: most are zombies soon."""

    probes = Bundle("probes")

    def __init__(self) -> None:
        super().__init__()
        self.state = CircuitState.CLOSED
        self.failures = 0
        self.probe = 0
        self.age = 0.0
        self.lease = 0.0

    @initialize()
    def nothing_is_stored(self) -> None:
        Circuit.objects.all().delete()
        self.key = Key("main", "a-model")

    @rule(error=FAILURES)
    def a_call_fails(self, error: ServerFailed) -> None:
        """One that is no probe, whenever it was begun."""
        has_opened = transitions.count_failure(self.key, error, threshold=THRESHOLD)
        if self.state is CircuitState.CLOSED and error.is_counted:
            self.failures += 1
        should_open = self.state is CircuitState.CLOSED and self.failures >= THRESHOLD
        assert has_opened is should_open
        if should_open:
            self.state, self.age = CircuitState.OPEN, 0.0

    @rule()
    def a_call_is_answered(self) -> None:
        transitions.clear_failures(self.key)
        if self.state is CircuitState.CLOSED:
            self.failures = 0

    @rule(target=probes, workers=st.integers(1, 4))
    def workers_would_probe(self, workers: int) -> object:
        """All of them saw the same; one at most is let through."""
        is_lost = self.state is CircuitState.HALF_OPEN and self.lease < 0
        is_due = self.state is CircuitState.OPEN and self.age >= TIMEOUT
        seen = self.probe
        taken = [
            transitions.take_probe(self.key, seen=seen, timeout=TIMEOUT, lease=LEASE) for _ in range(workers)
        ]
        assert sum(taken) == (1 if is_lost or is_due else 0)
        if not any(taken):
            return multiple()
        self.state, self.probe, self.lease = CircuitState.HALF_OPEN, seen + 1, LEASE
        return seen + 1

    @rule(back=st.integers(1, 3))
    def a_worker_saw_an_earlier_probe(self, back: int) -> None:
        assert not transitions.take_probe(self.key, seen=self.probe - back, timeout=TIMEOUT, lease=LEASE)

    @rule(number=probes)
    def a_probe_is_answered(self, number: int) -> None:
        assert transitions.close_by_probe(self.key, number) is self._holds(number)
        if self._holds(number):
            self.state, self.failures = CircuitState.CLOSED, 0

    @rule(number=probes, error=st.sampled_from(COUNTED))
    def a_probe_fails(self, number: int, error: ServerFailed) -> None:
        assert transitions.reopen_by_probe(self.key, number, error) is self._holds(number)
        if self._holds(number):
            self.state, self.age, self.failures = CircuitState.OPEN, 0.0, self.failures + 1

    @rule(number=probes)
    def a_probe_is_stopped(self, number: int) -> None:
        assert transitions.release_probe(self.key, number) is self._holds(number)
        if self._holds(number):
            self.state = CircuitState.OPEN

    @rule()
    def staff_reset_it(self) -> None:
        if transitions.make_clean(self.key.row):
            self.probe += 1
        self.state, self.failures = CircuitState.CLOSED, 0

    @rule(seconds=PASSING)
    def time_passes(self, seconds: int) -> None:
        past = timedelta(seconds=seconds)
        times = ("opened_at", "probe_until", "not_before")
        Circuit.objects.update(**{name: F(name) - past for name in times})
        self.age += seconds
        self.lease -= seconds

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        row = Circuit.objects.filter(provider="main").first()
        stored = (row.state, row.failures, row.probe) if row else (CircuitState.CLOSED, 0, 0)
        assert stored == (self.state, self.failures, self.probe)
        if row:
            assert (row.probe_until is not None) is (self.state is CircuitState.HALF_OPEN)
            assert (row.opened_at is None) is (self.state is CircuitState.CLOSED)

    def _holds(self, number: int) -> bool:
        return self.state is CircuitState.HALF_OPEN and number == self.probe
