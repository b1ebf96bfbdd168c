"""Changing the configuration as a whole or in part: checked first, then all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts.audit.recording import Person, record
from core.errors import InvalidInput
from diagnostics.configuration.form import (
    Data,
    Difference,
    Field,
    changeable_fields,
    configuration,
    differences,
    told_fields,
)
from diagnostics.configuration.snapshots import taken_together
from providers.limits import EngineLimits, limit_problems, shown_value, unknown_names
from providers.models import EngineSettings, Provider, memory_model_problem


@dataclass(slots=True)
class Plan:
    """What would change. With problems nothing does; notes are what stays as it is, and why."""

    engine: Data = field(default_factory=dict)
    providers: dict[Provider, Data] = field(default_factory=dict)
    changes: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises `InvalidInput` when something is wrong with it."""
        if self.problems:
            raise InvalidInput(
                "Nothing was changed. " + " ".join(self.problems[:5]),
                code="configuration_refused",
                problems=self.problems,
            )


def plan(wanted: Mapping[str, Any], *, skips_missing: bool = False) -> Plan:
    """Check everything that is wanted, and find out what it would change.

    `skips_missing`: a provider or setting that is not known (any more) is a note, not a problem.
    """
    before = configuration()
    planned = Plan()
    unknown = unknown_names(wanted, ("engine", "providers"))
    planned.problems += [f"{name}: {reason}" for name, reason in unknown.items()]
    after: Data = {"engine": {**before["engine"]}, "providers": {**before["providers"]}}
    if engine := _part(planned, wanted, "engine"):
        _plan_engine(planned, engine, after, skips_missing=skips_missing)
    if providers := _part(planned, wanted, "providers"):
        _plan_providers(planned, providers, after, skips_missing=skips_missing)
    planned.changes = differences(before, after)
    return planned


def _part(planned: Plan, wanted: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = wanted.get(name, {})
    if isinstance(part, Mapping):
        return part
    planned.problems.append(f"{name} = {shown_value(part)}: It must be an object of names and values.")
    return {}


def _plan_engine(planned: Plan, wanted: Mapping[str, Any], after: Data, *, skips_missing: bool) -> None:
    unknown = unknown_names(wanted, EngineLimits.model_fields)
    told = planned.notes if skips_missing else planned.problems
    told += [f"engine.{name}: {reason}" for name, reason in unknown.items()]
    known = {name: value for name, value in wanted.items() if name not in unknown}
    wrong = limit_problems(known)
    planned.problems += [
        f"engine.{name} = {shown_value(known[name])}: {reason}" for name, reason in wrong.items()
    ]
    chosen = known.get("memory_model", after["engine"]["memory_model"])
    is_new = "memory_model" not in wrong and chosen != after["engine"]["memory_model"]
    if is_new and (problem := memory_model_problem(chosen)):
        told.append(f"engine.memory_model = {shown_value(chosen)}: {problem}")
        wrong["memory_model"] = problem
    for name, value in known.items():
        if name not in wrong:
            planned.engine[name] = after["engine"][name] = value


def _plan_providers(planned: Plan, wanted: Mapping[str, Any], after: Data, *, skips_missing: bool) -> None:
    rows = {row.name: row for row in Provider.objects.all()}
    missing = unknown_names(wanted, rows)
    told = planned.notes if skips_missing else planned.problems
    told += [f"providers.{name}: {reason}" for name, reason in missing.items()]
    for name, values in wanted.items():
        if not isinstance(values, Mapping):
            planned.problems.append(f"providers.{name}: It must be an object of names and values.")
        elif row := rows.get(name):
            after["providers"][name] = after["providers"][name] | _plan_row(planned, row, values, told)


def _plan_row(planned: Plan, row: Provider, wanted: Mapping[str, Any], told: list[str]) -> Data:
    """The values that the row takes on; whatever does not fit is told in the plan."""
    key, taken = f"providers.{row.name}", {}
    fields = changeable_fields()
    unknown = unknown_names(wanted, told_fields())
    told += [f"{key}.{name}: {reason}" for name, reason in unknown.items()]
    for name, value in wanted.items():
        if name in fields:
            if problem := _problem(fields[name], value, row):
                planned.problems.append(f"{key}.{name} = {shown_value(value)}: {problem}")
            elif value != getattr(row, name):
                taken[name] = value
        elif name not in unknown and value != getattr(row, name):
            planned.notes.append(f"{key}.{name} stays as it is: who is asked is changed in admin only.")
    if taken:
        planned.providers[row] = taken
    return taken


def _problem(row_field: Field, value: Any, row: Provider) -> str:
    """What is wrong with a value of a provider; '' when nothing is."""
    expected = _expected(row_field)
    if value is None:
        return "" if row_field.null else f"It must be {expected}."
    kinds: dict[str, type | tuple[type, ...]] = {
        "text": str,
        "true or false": bool,
        "a whole number": int,
        "a number": (int, float),
    }
    is_mistaken_number = isinstance(value, bool) and expected != "true or false"
    if is_mistaken_number or not isinstance(value, kinds[expected]):
        return f"It must be {expected}{', or null' if row_field.null else ''}."
    if row_field.name in EngineLimits.model_fields:
        return limit_problems({row_field.name: value}).get(row_field.name, "")
    try:
        row_field.clean(value, row)
    except (ValidationError, OverflowError) as error:
        return " ".join(error.messages) if isinstance(error, ValidationError) else f"It must be {expected}."
    return ""


def _expected(row_field: Field) -> str:
    if isinstance(row_field, models.BooleanField):
        return "true or false"
    if isinstance(row_field, models.IntegerField):
        return "a whole number"
    return "a number" if isinstance(row_field, models.FloatField) else "text"


def apply(planned: Plan, *, by: Person, how: str) -> None:
    """Make the change in one transaction, noted once. Raises `InvalidInput`."""
    planned.check()
    if not planned.changes:
        return
    with transaction.atomic(), taken_together(by=by, how=how):
        if planned.engine:
            _save(EngineSettings.objects.get_or_create(pk=1)[0], planned.engine)
        for row, values in planned.providers.items():
            _save(row, values)
        keys = [each.key for each in planned.changes]
        record("configuration.changed", actor=by, name=how, keys=keys)


def _save(row: models.Model, values: Data) -> None:
    """These fields alone: what is broken in others is not in the way, what others change now stays."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "updated_at"])
