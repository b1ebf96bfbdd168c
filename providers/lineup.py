"""Who is asked for a reply, in which order, and who is left out and why."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ImproperlyConfigured, ValidationError

from core.composed import Rows
from core.secret_files import secret_of_environment
from providers.addresses import check_address
from providers.base import BaseProvider, ProviderConfig, provider_classes
from providers.drills.reading import Part, drill_of
from providers.keys import can_be_sent
from providers.limits import EngineLimits, limit_problems
from providers.models import Provider
from providers.prices import OwnPrice

FALLBACK = "fallback"
_providers = Rows(Provider.objects.all)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One provider with its model. `skip_reason` says why it would not even be tried.

    `places` is how many calls it takes at the same time, None for as many as come. `drill` is the part it
    has in one.
    """

    config: ProviderConfig
    label: str
    limits: EngineLimits
    provider_class: type[BaseProvider] | None = None
    skip_reason: str = ""
    price: OwnPrice | None = None
    places: int | None = None
    drill: Part | None = None

    @property
    def fails_on_purpose(self) -> bool:
        return bool(self.drill and self.drill.failure)

    @property
    def is_fallback(self) -> bool:
        return self.config.kind == FALLBACK


def line_up(
    cascade: Sequence[str], limits: EngineLimits, *, model: str = "", user_id: int | None = None
) -> list[Candidate]:
    """Candidates in order, the fallback voice always last.

    `cascade` is a persona's own order, each entry `provider` or `provider model`; empty means all
    enabled providers by priority. A name that is not known any more is kept as a skipped candidate.
    `model` leaves out all who would answer with another one; `user_id` is who asks, and may be in a drill.
    """
    rows = {row.name: row for row in _providers()}
    if not cascade:
        chosen = [candidate_of(row, limits) for row in rows.values() if row.is_enabled]
    else:
        chosen = list(_chosen(cascade, rows, limits))
    wanted = [each for each in chosen if model in {"", each.config.model}]
    if any(row.drilled_at for row in rows.values()) and (found := drill_of(user_id)):
        name, part = found
        wanted = [_drilled(each, part) if name in {"", each.config.name} else each for each in wanted]
    return [*wanted, fallback_candidate()]


def _drilled(candidate: Candidate, part: Part) -> Candidate:
    """It takes no place where it only pretends to be called."""
    return replace(candidate, drill=part, places=None if part.failure else candidate.places)


def can_answer_with(model: str, cascade: Sequence[str]) -> bool:
    """Whether one of those who would be asked has this model and could be called."""
    candidates = line_up(cascade, EngineLimits(), model=model)
    return any(not each.skip_reason and not each.is_fallback for each in candidates)


def _chosen(cascade: Iterable[str], rows: dict[str, Provider], limits: EngineLimits) -> Iterable[Candidate]:
    for entry in dict.fromkeys(" ".join(entry.split()) for entry in cascade):
        name, _, model = entry.partition(" ")
        if row := rows.get(name):
            yield candidate_of(row, limits, model=model)
        elif name != FALLBACK:
            config = ProviderConfig(name=name, kind="", model=model)
            yield Candidate(config, name, limits, skip_reason="there is no provider of this name")


def fallback_candidate() -> Candidate:
    """It has the default limits, not the engine's: whatever staff enter there, somebody answers."""
    fallback = provider_classes()[FALLBACK]
    return Candidate(ProviderConfig(name=FALLBACK, kind=FALLBACK), fallback.label, EngineLimits(), fallback)


def candidate_of(
    row: Provider, limits: EngineLimits, *, model: str = "", even_disabled: bool = False
) -> Candidate:
    """The row as a candidate; one that is broken becomes a skipped one, and harms nobody else."""
    provider_class = provider_classes().get(row.kind)
    if provider_class is None or row.kind == FALLBACK:
        config = ProviderConfig(name=row.name, kind=row.kind, model=model or row.model)
        return Candidate(config, row.name, limits, skip_reason=f"unknown kind “{row.kind}”")
    own = row.own_limits()
    problems = limit_problems(own) if own else {}
    merged = EngineLimits.model_validate(limits.model_dump() | own) if own and not problems else limits
    config = _config_of(row, provider_class, model=model, connect_timeout=merged.connect_timeout)
    reason = _told(problems) or _unusable(config) or provider_class.missing(config)
    if not (row.is_enabled or even_disabled):
        reason = "disabled by staff"
    return Candidate(
        config,
        provider_class.label,
        merged,
        provider_class,
        reason,
        row.own_price(),
        row.max_concurrent_requests,
    )


def _config_of(
    row: Provider, provider_class: type[BaseProvider], *, model: str, connect_timeout: float
) -> ProviderConfig:
    # The environment's key belongs to the environment's address, to nobody else's.
    uses_environment = row.uses_environment and not (row.base_url or row.api_key)
    return ProviderConfig(
        name=row.name,
        kind=row.kind,
        model=model or row.model or provider_class.default_model,
        base_url=_base_url_of(row, provider_class),
        api_key=_environment_key(provider_class.key_variable) if uses_environment else row.api_key,
        connect_timeout=connect_timeout,
        uses_environment=uses_environment,
    )


def _environment_key(variable: str) -> str:
    """A file that was readable at the start may be gone by now; its provider then has no key."""
    try:
        return secret_of_environment(variable)
    except ImproperlyConfigured:
        return ""


def _base_url_of(row: Provider, provider_class: type[BaseProvider]) -> str:
    if row.base_url or not row.uses_environment:
        return row.base_url
    return os.environ.get(provider_class.address_variable, "").strip()


def key_goes_to(row: Provider) -> str:
    """Whom the row's key is shown: an address, or the kind whose official address it is."""
    provider_class = provider_classes().get(row.kind)
    return (_base_url_of(row, provider_class) if provider_class else row.base_url) or row.kind


def _told(problems: dict[str, str]) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {problem}" for name, problem in problems.items())


def _unusable(config: ProviderConfig) -> str:
    """What is wrong about values that came past the form: from the environment, or by SQL."""
    if not can_be_sent(config.api_key):
        return "the API key holds characters no key has"
    if not config.base_url:
        return ""
    try:
        check_address(config.base_url)
    except ValidationError as error:
        return f"bad base URL: {error.messages[0].removesuffix('.')}"
    return ""
