"""Wire types of the configuration."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field


class ProviderOut(Schema):
    """A place in the cascade. A key is never shown, only its last four characters to staff in admin."""

    name: str
    kind: str
    label: str
    model: str
    base_url: str
    key_from: Annotated[str, Field(description="`environment`, `database`, or empty where there is none")]
    is_ready: bool
    skip_reason: str


class OtherOut(Schema):
    """Who goes by another value."""

    name: str
    value: Any
    since: datetime | None


class SettingOut(Schema):
    """`value` is in force for the next reply; `stored` is what the database holds, and may be broken."""

    name: str
    help: str
    expected: Annotated[str, Field(examples=["a number above 0 up to 3,600"])]
    value: Any
    default: Any
    stored: Any
    source: Annotated[str, Field(examples=["default", "database", "file"])]
    problem: str
    changed_at: datetime | None
    changed_by: str
    changed_how: str
    differs_in_file: bool
    file: Any
    processes: list[OtherOut]
    personas: list[OtherOut]


class ProcessOut(Schema):
    """A running process, with the engine settings of the last turn it began."""

    name: str
    role: str
    version: str
    seen_at: datetime
    uses: dict[str, Any]
    since: datetime | None


class FileOut(Schema):
    path: str
    is_there: bool
    written_at: datetime | None
    problems: list[str]


class ConfigOut(Schema):
    version: str
    engine: dict[str, Any]
    problems: list[str]
    cascade: list[ProviderOut]
    settings: list[SettingOut]
    processes: list[ProcessOut]
    file: FileOut


class ConfigIn(Schema):
    """Only what is to change. The rest stays as it is."""

    model_config = ConfigDict(extra="forbid")

    engine: Annotated[dict[str, Any], Field(examples=[{"history_messages": 20}])] = {}
    providers: Annotated[dict[str, dict[str, Any]], Field(examples=[{"openai": {"priority": 5}}])] = {}
    dry_run: Annotated[bool, Field(description="only say what would change")] = False


class DryRunIn(Schema):
    """Whether anything is to be changed at all."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[bool, Field(description="only say what would change")] = False


class DifferenceOut(Schema):
    key: Annotated[str, Field(examples=["engine.max_output"])]
    before: Any
    after: Any


class ChangedOut(Schema):
    """What was changed, or would be. Notes are about what stays as it is, and why."""

    dry_run: bool
    changed: list[DifferenceOut]
    notes: list[str]


class SnapshotOut(Schema):
    id: int
    at: datetime
    actor: str
    how: Annotated[str, Field(examples=["admin", "api", "file", "restored #3"])]
    changes: list[DifferenceOut]
    request_id: str


class WholeSnapshotOut(SnapshotOut):
    data: dict[str, Any]


class SnapshotsOut(Schema):
    results: list[SnapshotOut]
    next_before: int | None


class ExportedOut(Schema):
    path: str
