"""Each setting with its value, where that comes from, and who has another one: file, process, persona."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from diagnostics.configuration.changing import plan
from diagnostics.configuration.file import FileState, read_file
from diagnostics.configuration.form import Difference, configuration, differences
from diagnostics.configuration.snapshots import last_changes
from diagnostics.figures.reporting import ALIVE
from diagnostics.models import ProcessFigures, Snapshot
from personas.models import Persona
from providers.engine_settings import engine_settings
from providers.limits import EngineLimits, checked_limits, expected, limit_problems
from providers.lineup import Candidate, line_up
from providers.models import EngineSettings

FILE = "file"
_OF_PERSONAS = {"max_output": "max_tokens", "memory": "has_memory"}
"""Fields of a persona that go before the setting; others have the setting's own name."""


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody who goes by another value."""

    name: str
    value: Any
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` is in force for the next turn; `stored` is in the database, and may be broken."""

    name: str
    help: str
    expected: str
    value: Any
    default: Any
    stored: Any
    source: str
    problem: str
    changed_at: datetime | None
    changed_by: str
    changed_how: str
    file: Any = None
    differs_in_file: bool = False
    processes: list[Other] = field(default_factory=list)
    personas: list[Other] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.problem or self.differs_in_file or self.processes)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is alive, and what the last turn it began goes by."""

    name: str
    role: str
    version: str
    seen_at: datetime
    uses: Mapping[str, Any]
    since: datetime | None

    @property
    def is_other_version(self) -> bool:
        return bool(self.version) and self.version != str(settings.VALIS_VERSION)


@dataclass(frozen=True, slots=True)
class Comparison:
    settings: list[Setting]
    processes: list[Process]
    file: FileState
    file_problems: list[str]
    file_changes: list[Difference]
    """What loading the file would change."""
    past_valis: list[Difference]
    """What was changed in the database itself since the newest snapshot."""


@dataclass(frozen=True, slots=True)
class Place:
    """One provider in the cascade."""

    name: str
    kind: str
    label: str
    model: str
    base_url: str
    key_from: str
    is_ready: bool
    skip_reason: str


def cascade() -> list[Place]:
    """Who is asked for a reply of a persona without an order of its own."""
    limits, _ = checked_limits(engine_settings().values())
    return [_place(each) for each in line_up((), limits)]


def _place(candidate: Candidate) -> Place:
    config = candidate.config
    return Place(
        name=config.name,
        kind=config.kind,
        label=candidate.label,
        model=config.model,
        base_url=config.base_url,
        key_from=("environment" if config.uses_environment else "database") if config.api_key else "",
        is_ready=not candidate.skip_reason,
        skip_reason=candidate.skip_reason,
    )


def compare() -> Comparison:
    file = read_file()
    planned = plan(file.data)
    newest = Snapshot.objects.first()
    processes = living_processes()
    return Comparison(
        settings=_settings(file, processes),
        processes=processes,
        file=file,
        file_problems=[file.problem] if file.problem else planned.problems,
        file_changes=planned.changes,
        past_valis=differences(newest.data, configuration()) if newest else [],
    )


def living_processes() -> list[Process]:
    rows = ProcessFigures.objects.filter(seen_at__gte=Now() - ALIVE).exclude(role="").order_by("name")
    values = rows.values_list("name", "role", "version", "seen_at", "uses")
    return [
        Process(name, role, version, seen_at, uses.get("engine", {}), parse_datetime(uses.get("since", "")))
        for name, role, version, seen_at, uses in values
    ]


def _settings(file: FileState, processes: list[Process]) -> list[Setting]:
    stored = engine_settings().values()
    limits, _ = checked_limits(stored)
    in_force = limits.model_dump(mode="json")
    wrong = limit_problems(stored)
    changed = last_changes()
    in_file = file.data.get("engine", {})
    if not isinstance(in_file, Mapping):
        in_file = {}
    return [
        _setting(
            name,
            in_force[name],
            stored=stored[name],
            problem=wrong.get(name, ""),
            last=changed.get(f"engine.{name}"),
            in_file=in_file,
            processes=processes,
        )
        for name in EngineLimits.model_fields
    ]


def _setting(
    name: str,
    value: Any,
    *,
    stored: Any,
    problem: str,
    last: Snapshot | None,
    in_file: Mapping[str, Any],
    processes: list[Process],
) -> Setting:
    default = EngineLimits().model_dump(mode="json")[name]
    return Setting(
        name=name,
        help=str(getattr(EngineSettings._meta.get_field(name), "help_text", "")),
        expected=expected(name),
        value=value,
        default=default,
        stored=stored,
        source=_source(is_default=value == default, is_broken=bool(problem), last=last),
        problem=problem,
        changed_at=last.at if last else None,
        changed_by=last.actor if last else "",
        changed_how=last.how if last else "",
        file=in_file.get(name),
        differs_in_file=name in in_file and in_file[name] != value,
        processes=[
            Other(each.name, each.uses[name], each.since)
            for each in processes
            if name in each.uses and each.uses[name] != value
        ],
        personas=_personas_with_their_own(name, value),
    )


def _source(*, is_default: bool, is_broken: bool, last: Snapshot | None) -> str:
    if is_broken or (is_default and last is None):
        return "default"
    return "file" if last and last.how == FILE else "database"


def _personas_with_their_own(name: str, value: Any) -> list[Other]:
    own = _OF_PERSONAS.get(name, name)
    if own not in {each.name for each in Persona._meta.get_fields()}:
        return []
    rows = Persona.objects.filter(is_active=True).exclude(**{f"{own}__isnull": True})
    if isinstance(value, bool):  # off for all is off for each
        rows = rows.filter(**{own: False})
    return [Other(str(slug), theirs) for slug, theirs in rows.values_list("slug", own) if theirs != value]
