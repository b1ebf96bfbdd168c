"""The engine's limits: one schema for admin, API and whatever was forced into the database."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Seconds = Annotated[float, Field(gt=0, le=3600)]


class EngineLimits(BaseModel):
    """Limits in seconds, tokens or characters, as one turn uses them from its start to its end.

    `session_idle_hours` is no turn's: after that long without a message a session counts as inactive.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    connect_timeout: Seconds = 5.0
    first_token_timeout: Seconds = 20.0
    silence_timeout: Seconds = 15.0
    provider_timeout: Seconds = 60.0
    reply_deadline: Seconds = 180.0
    retry_schedule: tuple[Annotated[float, Field(ge=0, le=300)], ...] = Field((1.0, 2.0, 4.0), max_length=10)
    max_output: Annotated[int, Field(ge=16, le=200_000)] = 1024
    history_messages: Annotated[int, Field(ge=0, le=1000)] = 40
    history_characters: Annotated[int, Field(ge=1000, le=2_000_000)] = 60_000
    max_concurrent_requests: Annotated[int, Field(ge=1, le=10_000)] = 200
    longest_wait: Seconds = 60.0
    daily_token_cap: Annotated[int, Field(ge=0, le=10**12)] = 100_000
    daily_cost_cap_usd: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    place_wait: Annotated[float, Field(ge=0, le=60)] = 2.0
    session_idle_hours: Annotated[float, Field(gt=0, le=8760)] = 24.0


def limit_problems(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by the name of the value it is wrong about."""
    try:
        EngineLimits.model_validate(values)
    except ValidationError as error:
        return {str(problem["loc"][0]): _in_plain_words(problem["msg"]) for problem in error.errors()}
    return {}


def _in_plain_words(message: str) -> str:
    return message.replace("a valid tuple", "a list of numbers").replace("Tuple", "The list")


def checked_limits(values: dict[str, Any]) -> tuple[EngineLimits, list[str]]:
    """Limits with the default in place of each broken value, and a sentence about each of those."""
    wrong = limit_problems(values)
    usable = {name: value for name, value in values.items() if name not in wrong}
    problems = [
        f"{name} = {repr(values[name])[:60]}: {reason}; the default is used" for name, reason in wrong.items()
    ]
    return EngineLimits.model_validate(usable), problems
