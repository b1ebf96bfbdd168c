"""What must hold before a server starts: a free port, and nobody else on the same data."""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError


def check_port(host: str, port: int) -> None:
    """Raises `CommandError` with what to do when the port cannot be listened on."""
    if not 0 < port < 65536:
        raise CommandError(f"{port} is no port. Choose one from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Is VALIS running already? "
                f"Another port: make run PORT={port + 1}"
            ) from None


def lock_data(directory: Path) -> IO[str]:
    """Hold the data directory for this process; the lock ends with the returned file, or with the process."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / "serve.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise CommandError(
            f"Another VALIS (process {file.read().strip() or 'unknown'}) uses {directory}. "
            "Stop it, or choose another VALIS_DATA_DIR."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
