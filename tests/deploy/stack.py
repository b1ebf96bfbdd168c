"""All that compose.yaml starts, by the very commands it names, as plain processes of this machine."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

from tests.deploy.certificates import make_certificate
from tests.deploy.composition import ROOT, Composition
from tests.deploy.front import Front
from tests.harness.process import Process
from tests.harness.running import CANARY
from tests.harness.store import lift_limits, set_up_provider
from tests.harness.valis import PASSWORD, environment_for, free_port, status_of
from tests.playing import PlayingServer
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

SERVICES = ("web1", "web2", "worker", "housekeeping", "beat")


class Stack:
    def __init__(self, folder: Path, playing: PlayingServer) -> None:
        self.folder = folder
        self._playing = playing
        self.redis = RedisServer(folder)
        self.postgres = PostgresServer(Path(tempfile.mkdtemp(prefix="vdp-", dir="/tmp")))
        self.ports = {"web1": free_port(), "web2": free_port()}
        self.certificate = make_certificate(folder / "tls")
        self.front = Front(
            folder / "nginx",
            {
                "VALIS_HOST": "127.0.0.1",
                "VALIS_WEB_1": f"127.0.0.1:{self.ports['web1']}",
                "VALIS_WEB_2": f"127.0.0.1:{self.ports['web2']}",
                "VALIS_STATIC_DIR": str(folder / "static"),
                "VALIS_CERTIFICATES": str(folder / "tls"),
            },
        )
        # What an operator writes into .env.
        self.composition = Composition(
            {
                "VALIS_HOST": f"127.0.0.1:{self.front.port}",
                "VALIS_TLS_DIR": str(folder / "tls"),
                "POSTGRES_PASSWORD": "only-for-this-test",
                "VALIS_SECRET_KEY": "only-for-this-test-" * 3,
                "VALIS_FIELD_KEYS": Fernet.generate_key().decode(),
                "VALIS_STAFF_PASSWORD": PASSWORD,
                "VALIS_DEMO_PASSWORD": PASSWORD,
                "VALIS_LOCAL_PROVIDERS": "127.0.0.0/8",
                "OPENAI_API_KEY": CANARY,
                "OPENAI_BASE_URL": playing.openai_url,
            }
        )
        self.processes: dict[str, Process] = {}

    @property
    def data(self) -> str:
        """The address of the database."""
        return self.postgres.address(self._database)

    @property
    def url(self) -> str:
        return self.front.url

    def environment(self, service: str) -> dict[str, str]:
        """That of the service, with the addresses of this machine in place of the containers'."""
        given = self.composition.environment(service)
        here = {
            "DATABASE_URL": self.data,
            "VALIS_REDIS_URL": self.redis.url,
            "VALIS_ALLOWED_HOSTS": "127.0.0.1",
            "VALIS_TRUSTED_PROXIES": "127.0.0.1",
            # As in the Dockerfile.
            "VALIS_STATIC_ROOT": str(self.folder / "static"),
        }
        environment = environment_for(self.folder / "data", **{**given, **here})
        # The `python` of the image is the one that runs this.
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        return environment

    def run(self, service: str, *arguments: str) -> str:
        """`docker compose run`: the service's command, or another one in its place."""
        done = subprocess.run(
            list(arguments) or self.composition.command(service),
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run_until(self, service: str, is_so: Callable[[], object], **environment: str) -> None:
        """Start what the service is, and end it once it has done this."""
        command = self.composition.command(service)
        given = {**self.environment(service), **environment}
        with subprocess.Popen(command, cwd=ROOT, env=given) as process:
            ends_at = time.monotonic() + 60
            while not is_so():
                assert process.poll() is None and time.monotonic() < ends_at, f"{service} has not done it"
                time.sleep(0.1)
            process.terminate()
            assert process.wait(10) == 0

    def start(self) -> Self:
        self.redis.start()
        self.postgres.start()
        self._database = f"valis_{uuid.uuid4().hex[:8]}"
        self.postgres.create(self._database)
        (self.folder / "static").mkdir()
        self.run("migrate", "python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        self.run("migrate")
        set_up_provider(self.data, "local", is_enabled=False)
        lift_limits(self.data)
        for name in SERVICES:
            self._start(name)
        for name, port in self.ports.items():
            url = f"http://127.0.0.1:{port}/health"
            self.processes[name].wait_until(lambda url=url: status_of(url, seconds=5) == 200, seconds=90)
        self.front.start()
        return self

    def exchange(self, name: str) -> None:
        """Stop it as a container engine does, start it, and wait until it works."""
        self.processes[name].end(signal.SIGTERM, seconds=40)
        self.start_again(name)

    def start_again(self, name: str) -> None:
        self.processes[name].start()
        if name in self.ports:
            url = f"http://127.0.0.1:{self.ports[name]}/ready"
            self.processes[name].wait_until(lambda: status_of(url, seconds=5) == 200, seconds=60)
            # nginx leaves alone for a moment what did not answer.
            front = f"{self.url}/ready"
            self.processes[name].wait_until(lambda: status_of(front, seconds=5) == 200, seconds=10)

    def _start(self, name: str) -> None:
        words = self.composition.command(name)
        assert words[:2] == ["python", "manage.py"]
        port = str(self.ports.get(name, 0))
        arguments = [{"0.0.0.0": "127.0.0.1", "8000": port}.get(word, word) for word in words[2:]]
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(*arguments, environment=self.environment(name), log=log)
        self.processes[name].start()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.front.stop()
        for process in self.processes.values():
            process.kill()
        self.redis.stop()
        self.postgres.__exit__()
