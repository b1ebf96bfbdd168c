"""Serve the demo. `python -m valis_site.demo --help` has the options."""

import argparse
import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from valis_site.demo.folder import FolderProblem, prepared

ELSEWHERE = (
    *("DATABASE_URL", "VALIS_REDIS_URL", "VALIS_CONFIG_FILE", "VALIS_SECRET_KEY", "VALIS_FIELD_KEYS"),
    *("VALIS_DESKTOP_COMMANDER", "VALIS_SENTRY_DSN", "VALIS_LOG_DIR", "VALIS_STATIC_ROOT"),
)
"""Settings that lead to what is yours. They are set to nothing, so that `.env` does not set them either."""


def main() -> None:
    parser = argparse.ArgumentParser("valis_site.demo", description="VALIS with a past, to look around in.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="8000")
    parser.add_argument("--data", type=Path, default=Path("var-demo"), help="default: var-demo")
    parser.add_argument("--fresh", action="store_true", help="forget what was done in it, and begin anew")
    parser.add_argument("--quiet", action="store_true", help="let nobody else talk while you look around")
    options = parser.parse_args()
    try:
        folder = prepared(options.data, fresh=options.fresh)
        os.environ |= {each: "" for name in ELSEWHERE for each in (name, f"{name}_FILE")}
        os.environ |= {"VALIS_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "valis_site.settings"}
        django.setup()
    except (FolderProblem, CommandError, ImproperlyConfigured) as problem:
        sys.exit(f"The demo cannot start: {problem}")
    from valis_site.demo.serving import ServeDemo  # noqa: PLC0415  (it needs the settings)

    arguments = ["--host", options.host, "--port", options.port, *(["--quiet"] if options.quiet else [])]
    ServeDemo().run_from_argv(["valis", "demo", *arguments])


if __name__ == "__main__":
    main()
