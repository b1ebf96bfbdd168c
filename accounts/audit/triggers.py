"""What keeps the rows of the audit log as they are, in the database itself."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "accounts_auditentry"
_REASON = "The audit log is only ever added to."

_CREATE = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{_REASON}'; END $$""",
        f"""CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    ],
}
_DROP = {
    "sqlite": [f"DROP TRIGGER IF EXISTS audit_no_{verb}" for verb in ("update", "delete")],
    "postgresql": [
        f"DROP TRIGGER IF EXISTS audit_no_change ON {TABLE}",
        "DROP FUNCTION IF EXISTS audit_refuse()",
    ],
}


def create_triggers(connection: BaseDatabaseWrapper) -> None:
    _execute(connection, _CREATE)


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    """Only for going back in migrations, for restoring a whole database, and for tests."""
    _execute(connection, _DROP)


def _execute(connection: BaseDatabaseWrapper, statements: dict[str, list[str]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
