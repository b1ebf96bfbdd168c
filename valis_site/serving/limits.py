"""Time limits towards PostgreSQL of the processes that serve people; commands may take longer."""

from django.db import connection

_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c statement_timeout=30s -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s",
}


def limit_statements() -> None:
    """To be called before the first connection is made."""
    if connection.vendor == "postgresql":
        connection.settings_dict["OPTIONS"].update(_OPTIONS)
