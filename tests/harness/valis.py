"""A whole VALIS as a process of its own, as a person would start it."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.harness.process import ROOT, Process

PASSWORD = "only-for-this-test"


def login_of(username: str) -> str:
    """The login cookie on filled data. Checking a password takes most of a second, as it should."""
    return f"logged-in-as-{username}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


HARDLY_LIMITED = {f"VALIS_RATE_{kind}": "1000000" for kind in ("ADDRESS", "PERSON", "KEY", "LOGIN")}
"""Requests are counted as for anybody, and nobody comes near the limit."""


def environment_for(data: Path, **env: str) -> dict[str, str]:
    """What a process of VALIS sees: nothing of this one's own settings."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("VALIS_", "DJANGO_"))}
    return {
        **outer,
        "VALIS_DATA_DIR": str(data),
        "VALIS_DEMO_PASSWORD": PASSWORD,
        "VALIS_STAFF_PASSWORD": PASSWORD,
        "VALIS_LOOPBACK_ONLY": "true",
        **HARDLY_LIMITED,
        **env,
    }


def status_of(url: str, *, seconds: float = 1) -> int:
    """The status that a GET is answered with; 0 when it is not answered."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


class Valis:
    """`manage.py serve` on data of its own; stopped and started again it keeps port and data."""

    def __init__(self, data: Path, *, port: int = 0, **env: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.log = data / "serve.log"
        self.environment = environment_for(data, **env)
        self.process = Process("serve", "--port", str(self.port), environment=self.environment, log=self.log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, seconds: float = 60) -> Self:
        self.process.start()
        self.process.wait_until(lambda: status_of(f"{self.url}/api/live") == 200, seconds=seconds)
        return self

    def refusal(self, *, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Start it where it is expected to refuse. Gives what it said and its exit code."""
        return subprocess.run(
            self.process.command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )

    def stop(self, *, seconds: float = 40) -> float:
        """Ctrl+C. Gives the seconds it took."""
        return self.process.end(signal.SIGINT, seconds=seconds)

    def kill(self) -> None:
        """As a power cut would, for this process."""
        self.process.kill()

    def output(self) -> str:
        return self.process.output()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


class Demo(Valis):
    """As `make demo` starts it, without visitors."""

    def __init__(self, data: Path, *options: str, **env: str) -> None:
        super().__init__(data, **env)
        self.process.log = self.log = data.with_suffix(".log")
        self.process.module = "valis_site.demo"
        self.process.arguments = ("--port", str(self.port), "--data", str(data), "--quiet", *options)
