"""One walk through the cascade in the calling thread, and all that could be seen of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from providers.calls import CallRequest, Usage, Utterance
from providers.cascade import Answered, Cascade, CascadeEvent, Restarted
from providers.circuits.guarding import CircuitGuard
from providers.limits import EngineLimits
from providers.lineup import Candidate, candidate_of, fallback_candidate
from providers.models import Provider
from providers.stopping import StopSignal
from providers.story import Outcome, Step

FAST = EngineLimits(
    connect_timeout=10,
    first_token_timeout=20,
    silence_timeout=20,
    provider_timeout=40,
    reply_deadline=60,
    retry_schedule=(),
)
QUESTION = CallRequest(
    system="You are Maya.",
    messages=(
        Utterance("user", "Good morning"),
        Utterance("assistant", "Morning!"),
        Utterance("user", "How are you?"),
    ),
    max_tokens=500,
)


def limits(**changes: object) -> EngineLimits:
    """Limits that let no test wait for long."""
    return EngineLimits.model_validate(FAST.model_dump() | changes)


def scripted(script: str = "say:hello", *, name: str = "second", **fields: object) -> Provider:
    """A row that needs no network: somebody to come after the one under test."""
    return Provider(name=name, kind="scripted", model=script, **fields)


@dataclass(slots=True)
class Record:
    """A call as the meter was told of it."""

    candidate: Candidate
    request: CallRequest
    step: Step | None = None
    usage: Usage | None = None


class RecordingMeter:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def opened(self, candidate: Candidate, request: CallRequest) -> Record:
        self.records.append(Record(candidate, request))
        return self.records[-1]

    def closed(self, call: Record, step: Step, usage: Usage) -> None:
        call.step, call.usage = step, usage


@dataclass(slots=True)
class Walk:
    """What a walk said: pieces of text and events, in the order in which they came."""

    told: list[str | CascadeEvent] = field(default_factory=list)
    meter: RecordingMeter = field(default_factory=RecordingMeter)

    @property
    def pieces(self) -> list[str]:
        """The pieces of text that count: those after the last new start."""
        starts = [index for index, each in enumerate(self.told) if isinstance(each, Restarted)]
        counted = self.told[starts[-1] :] if starts else self.told
        return [each for each in counted if isinstance(each, str)]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def answer(self) -> Answered:
        [answer] = [each for each in self.told if isinstance(each, Answered)]
        return answer

    @property
    def provider(self) -> str:
        return self.answer.candidate.config.name

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.answer.steps

    @property
    def story(self) -> list[tuple[str, str, int]]:
        """The steps as provider, outcome and round."""
        return [(step.provider, step.outcome.value, step.round) for step in self.steps]

    @property
    def failure(self) -> Step:
        """The one step that failed."""
        [step] = [step for step in self.steps if step.outcome is Outcome.FAILED]
        return step


def walk(
    *rows: Provider | Candidate,
    request: CallRequest = QUESTION,
    within: EngineLimits = FAST,
    stop: StopSignal | None = None,
    on_event: Callable[[CascadeEvent], object] = lambda event: None,
    into: Walk | None = None,
    circuits: CircuitGuard | None = None,
) -> Walk:
    """Ask these rows in this order, and the fallback voice after them."""
    seen = into or Walk()
    candidates: Sequence[Candidate] = [
        *(each if isinstance(each, Candidate) else candidate_of(each, within) for each in rows),
        fallback_candidate(),
    ]
    cascade = Cascade(
        candidates,
        request,
        limits=within,
        meter=seen.meter,
        on_text=seen.told.append,
        stop=stop or StopSignal(),
        circuits=circuits,
    )
    for event in cascade.walk():
        seen.told.append(event)
        on_event(event)
    return seen
