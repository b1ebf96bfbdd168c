"""The engine's limits: one schema for admin, API, file and whatever was forced into the database."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Seconds = Annotated[float, Field(gt=0, le=3600)]


class EngineLimits(BaseModel):
    """Limits in seconds, tokens or characters, as one turn uses them from its start to its end.

    `session_idle_hours` is no turn's: after that long without a message a session counts as inactive.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    connect_timeout: Seconds = 5.0
    first_token_timeout: Seconds = 20.0
    silence_timeout: Seconds = 15.0
    provider_timeout: Seconds = 60.0
    reply_deadline: Seconds = 180.0
    retry_schedule: tuple[Annotated[float, Field(ge=0, le=300)], ...] = Field((1.0, 2.0, 4.0), max_length=10)
    circuit_breaker_threshold: Annotated[int, Field(ge=1, le=1000)] = 5
    circuit_breaker_timeout: Seconds = 60.0
    max_output: Annotated[int, Field(ge=16, le=200_000)] = 1024
    history_messages: Annotated[int, Field(ge=0, le=1000)] = 40
    history_characters: Annotated[int, Field(ge=1000, le=2_000_000)] = 60_000
    max_concurrent_requests: Annotated[int, Field(ge=1, le=10_000)] = 200
    longest_wait: Seconds = 60.0
    daily_token_cap: Annotated[int, Field(ge=0, le=10**12)] = 100_000
    daily_cost_cap_usd: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    place_wait: Annotated[float, Field(ge=0, le=60)] = 2.0
    session_idle_hours: Annotated[float, Field(gt=0, le=8760)] = 24.0
    memory: bool = True
    memory_tokens: Annotated[int, Field(ge=0, le=8000)] = 400
    titles_by_model: bool = False
    memory_learning: bool = True
    memory_model: Annotated[str, Field(max_length=160)] = ""

    @field_validator("*", mode="before")
    @classmethod
    def _is_what_it_says(cls, value: Any, info: ValidationInfo) -> Any:
        """Neither true nor a text that looks like a number is a number."""
        kind = cls.model_fields[str(info.field_name)].annotation
        for each in value if isinstance(value, list | tuple) else (value,):
            if (isinstance(each, bool) and kind is not bool) or (isinstance(each, str) and kind is not str):
                raise PydanticCustomError("kind", "it is no number")
        return value


_FORMS: dict[str, dict[str, Any]] = EngineLimits.model_json_schema()["properties"]


def expected(name: str) -> str:
    """What the schema wants of a setting, in plain words."""
    return _in_words(_FORMS[name])


def _in_words(form: Mapping[str, Any]) -> str:
    if options := form.get("anyOf"):
        return " or ".join(_in_words(each) for each in options)
    if form.get("type") == "array":
        most = f"up to {form['maxItems']} " if "maxItems" in form else ""
        return f"a list of {most}numbers{_range(form.get('items', {}))}"
    kinds = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "null": "empty"}
    return kinds.get(str(form.get("type")), "text") + _range(form)


def _range(form: Mapping[str, Any]) -> str:
    least, above, most = form.get("minimum"), form.get("exclusiveMinimum"), form.get("maximum")
    begin = f" from {least:,}" if least is not None else f" above {above:,}" if above is not None else ""
    return begin + (f" up to {most:,}" if most is not None else "")


def limit_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What was expected, by the name of each value that is something else."""
    try:
        EngineLimits.model_validate(dict(values))
    except ValidationError as error:
        names = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors())
        return {name: f"It must be {expected(name)}." for name in names}
    return {}


def unknown_names(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """A sentence about each name that nobody knows, with the one that was probably meant."""
    known = list(known)
    problems = {}
    for name in names:
        if name not in known:
            alike = difflib.get_close_matches(name, known, n=1)
            problems[name] = f"It is unknown.{f' Did you mean {alike[0]}?' if alike else ''}"
    return problems


def shown_value(value: Any) -> str:
    """A value in a message: what came from outside may be anything, of any length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def checked_limits(values: Mapping[str, Any]) -> tuple[EngineLimits, list[str]]:
    """Limits with the default in place of each broken value, and a sentence about each of those."""
    try:
        return EngineLimits.model_validate(dict(values)), []
    except ValidationError:
        wrong = limit_problems(values)
    usable = {name: value for name, value in values.items() if name not in wrong}
    problems = [
        f"{name} = {shown_value(values[name])}: {reason} The default is used."
        for name, reason in wrong.items()
    ]
    return EngineLimits.model_validate(usable), problems
