"""Django's PostgreSQL back end, whose pool is sound at once after PostgreSQL was restarted."""

from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> "ConnectionPool[Any] | None":
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            pool = ConnectionPool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                open=False,
                configure=self._configure_connection,
                check=self._check_pooled,
                **options,
            )
            self._connection_pools.setdefault(self.alias, pool)
        found: ConnectionPool[Any] = self._connection_pools[self.alias]
        return found

    def _check_pooled(self, connection: Any) -> None:
        """Raises for a broken connection, and has the pool throw away all others that are broken too.

        The pool would find out one by one, pausing longer after each: seconds for a first query.
        """
        try:
            ConnectionPool.check_connection(connection)
        except Exception:
            if self.pool:
                self.pool.check()
            raise
