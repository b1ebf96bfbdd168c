"""Between the database, the file and the snapshots."""

from django.conf import settings

from accounts.audit.recording import Person, record
from core.errors import InvalidInput, NotFound
from diagnostics.configuration.changing import Plan, plan
from diagnostics.configuration.file import read_file, write_file
from diagnostics.configuration.form import configuration
from diagnostics.models import Snapshot


def export_to_file(*, by: Person) -> str:
    """Returns where it is. Raises `Unavailable`."""
    write_file(configuration())
    record("configuration.exported", actor=by)
    return str(settings.VALIS_CONFIG_FILE)


def plan_of_file() -> Plan:
    """Raises `NotFound`, or `InvalidInput` when it cannot be read."""
    file = read_file()
    if not file.is_there:
        raise NotFound(
            f"There is no file {file.path}. Export to it first.", code="configuration_file_missing"
        )
    if file.problem:
        raise InvalidInput(f"{file.path}: {file.problem}", code="configuration_unreadable")
    return plan(file.data)


def plan_of_snapshot(snapshot: Snapshot) -> Plan:
    return plan(snapshot.data, skips_missing=True)
