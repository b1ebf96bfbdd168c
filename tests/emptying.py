"""After a test with real transactions: what it wrote goes, what migrating left stays.

Django would empty every table, and then make all permissions and roles anew: 50 ms, a thousand times.
"""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {ContentType, Permission, Group, Group.permissions.through}
"""The roles and what belongs to them. A test that changes these has to be one that is rolled back."""


def empty_tables(case: TransactionTestCase | None = None) -> None:
    """Delete all rows of the tables that have any."""
    models = apps.get_models(include_auto_created=True)
    quote = connection.ops.quote_name
    tables = {each._meta.db_table for each in models if each not in KEPT and each._meta.managed}
    questions = (f"SELECT '{each}' WHERE EXISTS (SELECT 1 FROM {quote(each)})" for each in sorted(tables))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")
