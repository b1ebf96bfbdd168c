"""One program of VALIS as a process of its own: started, watched, and ended by its process id."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Process:
    """A `manage.py` command in a process group of its own, which writes into a log file.

    Stopped and started again it goes on in the same log.
    """

    def __init__(self, *arguments: str, environment: dict[str, str], log: Path) -> None:
        self.arguments = arguments
        self.environment = environment
        self.log = log
        self.module = ""
        """The program, where it is not `manage.py`."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        program = ["-m", self.module] if self.module else ["manage.py"]
        return [sys.executable, *program, *self.arguments]

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def ends_in_order(self) -> bool:
        """Whether it is so far that it does something of its own when it is told to end."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)

    def wait_until(self, is_so: Callable[[], object], *, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not is_so():
            assert self.is_running, f"{self.arguments[0]} did not start:\n{self.output()}"
            assert time.monotonic() < ends_at, f"{self.arguments[0]} does not answer:\n{self.output()}"
            time.sleep(0.02)

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        assert self._process is not None
        return self._process.wait(seconds)

    def end(self, number: signal.Signals, *, seconds: float) -> float:
        """Gives the seconds it took. What is not gone by then is killed, and the test fails."""
        if not self.is_running:
            return 0.0
        started = time.monotonic()
        self.send_signal(number)
        try:
            self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send_signal(signal.SIGKILL)
            self.wait(5)
            raise
        return time.monotonic() - started

    def kill(self) -> None:
        """As a power cut would, for this process."""
        self.end(signal.SIGKILL, seconds=5)

    def pause(self) -> None:
        """It stands still and does not know it, as a machine that is overloaded or moved."""
        self.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.send_signal(signal.SIGCONT)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
