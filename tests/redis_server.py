"""A Redis of one's own: the real server, private, on a free port, ended by its process id."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """Stopped and started again it is empty and has the same address."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> Self:
        self._process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(self.folder),
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        ends_at = time.monotonic() + 10
        while self.ask("PING") != "+PONG":
            assert time.monotonic() < ends_at, "Redis did not start"
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """As a crash would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(5)
            self._process = None

    def ask(self, *words: str) -> str:
        """The first line that Redis answers to an inline command, or ''."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(" ".join(words).encode() + b"\r\n")
                return connection.recv(65536).partition(b"\r\n")[0].decode()
        except OSError:
            return ""

    def reset_connections(self) -> None:
        """End every connection but this one, at once."""
        for kind in ("normal", "pubsub"):
            self.ask("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
