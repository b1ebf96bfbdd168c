"""The gate: the only way to a model. Who passes it is in the ledger."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from providers.calling import OnText
from providers.calls import CallRequest, Utterance
from providers.cascade import Answered, Cascade, CascadeEvent
from providers.circuits.guarding import AlwaysAsked, Circuits
from providers.engine_settings import current_limits, note_used
from providers.limits import EngineLimits
from providers.lineup import Candidate, candidate_of, fallback_candidate, line_up
from providers.models import Provider
from providers.stopping import StopSignal
from providers.story import Step
from usage.caps import DailyCap
from usage.ledger import Account, LedgerMeter
from usage.models import Purpose


def answer(
    request: CallRequest,
    *,
    cascade: Sequence[str],
    limits: EngineLimits,
    account: Account,
    on_text: OnText,
    stop: StopSignal,
    model: str = "",
    only_fallback: str = "",
    may_fall_back: bool = True,
    in_background: bool = False,
    takes_last_place: bool = False,
) -> Generator[CascadeEvent]:
    """Get one reply. Text goes to `on_text`, on the engine loop; the events end with `Answered`.

    With a `model`, only it or the fallback voice answers; `only_fallback` is why nobody else may. Where the
    fallback voice may not, the events may end with `Unanswered`. A call `in_background` stands back behind
    people's: it waits for no place of a provider and goes round once. Of several places it leaves one; the
    only one it uses if it `takes_last_place`.
    Raises `CallStopped` when `stop` was set.
    """
    note_used(limits)
    candidates = line_up(cascade, limits, model=model, user_id=account.user_id)
    if in_background:
        candidates = [_leaving_a_place(each, takes_last=takes_last_place) for each in candidates]
        limits = limits.model_copy(update={"retry_schedule": (), "place_wait": 0.0})
    if only_fallback:
        candidates = [_skipped(each, only_fallback) for each in candidates]
    cap = None if account.persona_id is None else DailyCap(account.persona_id, limits)
    return Cascade(
        candidates,
        request,
        limits=limits,
        meter=LedgerMeter(account, cap=cap, drill=_drill_among(candidates)),
        on_text=on_text,
        stop=stop,
        circuits=Circuits(limits),
        may_fall_back=may_fall_back,
    ).walk()


def _leaving_a_place(candidate: Candidate, *, takes_last: bool) -> Candidate:
    if not candidate.places or (takes_last and candidate.places == 1):
        return candidate
    return replace(candidate, places=candidate.places - 1)


def _drill_among(candidates: Sequence[Candidate]) -> int | None:
    return next((each.drill.drill for each in candidates if each.drill), None)


def _skipped(candidate: Candidate, reason: str) -> Candidate:
    return candidate if candidate.is_fallback else replace(candidate, skip_reason=reason)


def test_provider(row: Provider, *, user_id: int | None) -> tuple[Step, str]:
    """Ask one provider a tiny question, once, also before it is enabled or while its circuit is open.

    Returns what happened, and the text if it answered.
    """
    limits = current_limits().model_copy(update={"retry_schedule": ()})
    candidate = candidate_of(row, limits, even_disabled=True)
    request = CallRequest(
        system="This is a connection test. Answer with one short word.",
        messages=(Utterance("user", "Are you there?"),),
        max_tokens=64,
    )
    pieces: list[str] = []
    events = Cascade(
        [candidate, fallback_candidate()],
        request,
        limits=limits,
        meter=LedgerMeter(Account(Purpose.TEST, user_id=user_id)),
        on_text=pieces.append,
        stop=StopSignal(),
        circuits=AlwaysAsked(limits),
    ).walk()
    answered = next(event for event in events if isinstance(event, Answered))
    is_own = not answered.candidate.is_fallback
    return answered.steps[0], "".join(pieces) if is_own else ""
