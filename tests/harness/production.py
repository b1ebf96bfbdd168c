"""VALIS in several processes, with a Redis and a PostgreSQL of its own and a bad way to each of them."""

import secrets
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

from tests.harness.filling import fill
from tests.harness.process import Process
from tests.harness.proxy import Proxy
from tests.harness.running import CANARY
from tests.harness.store import lift_limits, set_up_provider
from tests.harness.valis import environment_for, free_port, status_of
from tests.playing import PlayingServer
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

DRAIN_SECONDS = 10
ROLES = ("web", "worker", "house")


class Production:
    """Each role (`ROLES`; scheduler and housekeeping are one) has its own way to Redis and PostgreSQL."""

    def __init__(self, folder: Path, playing: PlayingServer, *, webs: int = 2, workers: int = 2) -> None:
        self.folder = folder
        self.redis = RedisServer(folder)
        self.postgres = PostgresServer(Path(tempfile.mkdtemp(prefix="vpg-", dir="/tmp")))
        self.ways: dict[tuple[str, str], Proxy] = {}
        self._armed = folder / "failpoint"
        self._playing = playing
        self._secret_key, self._field_key = secrets.token_urlsafe(50), Fernet.generate_key().decode()
        self._counts = {"web": webs, "worker": workers}
        self.processes: dict[str, Process] = {}
        self.ports = {f"web{n}": free_port() for n in range(1, webs + 1)}

    @property
    def webs(self) -> list[Process]:
        return self._of("web")

    @property
    def workers(self) -> list[Process]:
        return self._of("worker")

    def _of(self, role: str) -> list[Process]:
        return [process for name, process in self.processes.items() if name.startswith(role)]

    def url(self, number: int = 1) -> str:
        return f"http://127.0.0.1:{self.ports[f'web{number}']}"

    def ways_to(self, part: str, *roles: str) -> list[Proxy]:
        return [self.ways[role, part] for role in roles or ROLES]

    def arm(self, moment: str) -> None:
        """The next process that comes to this moment (`failpoints.FAILPOINTS`) dies there."""
        self._armed.write_text(moment)

    @property
    def is_armed(self) -> bool:
        return self._armed.exists()

    def start(self) -> Self:
        self.redis.start()
        self.postgres.start()
        self.data = self.postgres.create(f"valis_{uuid.uuid4().hex[:8]}")
        for role in ROLES:
            self.ways[role, "redis"] = Proxy(self.redis.port).start()
            self.ways[role, "postgres"] = Proxy(self.postgres.port).start()
        self._fill()
        for number in range(1, self._counts["web"] + 1):
            port = self.ports[f"web{number}"]
            self._add(f"web{number}", "web", "web", "--port", str(port))
        for number in range(1, self._counts["worker"] + 1):
            self._add(f"worker{number}", "worker", "worker")
        self._add("housekeeping", "house", "housekeeping")
        self._add("beat", "house", "beat")
        self.until_well(seconds=90)
        return self

    def restart(self, process: Process) -> None:
        """What the supervisor of a real installation does."""
        process.kill()
        process.start()

    def revive(self) -> list[str]:
        """Start what has died, as a supervisor does. Returns who it was."""
        dead = [name for name, process in self.processes.items() if not process.is_running]
        for name in dead:
            self.processes[name].start()
        return dead

    def is_well(self) -> bool:
        # One worker is enough for health; a test that ends one needs it to have come up.
        are_up = all(each.is_running and each.ends_in_order for each in self.processes.values())
        return are_up and all(
            status_of(f"{self.url(n)}/api/health", seconds=5) == 200 for n in self._web_numbers()
        )

    def is_ready(self) -> bool:
        return all(status_of(f"{self.url(n)}/api/ready", seconds=5) == 200 for n in self._web_numbers())

    def is_red(self) -> bool:
        return all(status_of(f"{self.url(n)}/api/ready", seconds=5) == 503 for n in self._web_numbers())

    def until_well(self, *, seconds: float = 60) -> None:
        """Every part works, as every web server sees it."""
        self.until(self.is_well, seconds=seconds)

    def until(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < ends_at, f"not {is_so.__name__} in {seconds} s\n{self.output()}"
            time.sleep(0.1)

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self.processes.items()}

    def repair(self) -> None:
        """Everything runs, and every way is good."""
        self._armed.unlink(missing_ok=True)
        self.heal()
        if not self.redis.is_running:
            self.redis.start()
        if not self.postgres.is_running:
            self.postgres.start()
        self.postgres.resume()
        for process in self.processes.values():
            if process.is_running:
                process.resume()
        self.revive()
        self.until_well()

    def heal(self) -> None:
        for way in self.ways.values():
            way.heal()

    def output(self) -> str:
        return "\n".join(f"--- {name}\n{each.output()[-4000:]}" for name, each in self.processes.items())

    def _web_numbers(self) -> range:
        return range(1, self._counts["web"] + 1)

    def _environment(self, role: str) -> dict[str, str]:
        return environment_for(
            self.folder,
            DJANGO_SETTINGS_MODULE="tests.harness.faulty_settings",
            DATABASE_URL=self.postgres.address(
                self.data.rpartition("/")[2], port=self.ways[role, "postgres"].port
            ),
            VALIS_REDIS_URL=f"redis://127.0.0.1:{self.ways[role, 'redis'].port}/0",
            VALIS_SECRET_KEY=self._secret_key,
            VALIS_FIELD_KEYS=self._field_key,
            VALIS_DRAIN_SECONDS=str(DRAIN_SECONDS),
            VALIS_FAILPOINT_FILE=str(self._armed),
            VALIS_LOG_LEVEL="INFO",
            OPENAI_API_KEY=CANARY,
            OPENAI_BASE_URL=self._playing.openai_url,
        )

    def _fill(self) -> None:
        fill(self._environment("house"))
        set_up_provider(self.data, "local", is_enabled=False)
        lift_limits(self.data)

    def _add(self, name: str, role: str, *arguments: str) -> None:
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(*arguments, environment=self._environment(role), log=log)
        self.processes[name].start()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.kill()
        for way in self.ways.values():
            way.stop()
        self.redis.stop()
        self.postgres.__exit__()
