"""How the official SDK reaches VALIS in these tests."""

import subprocess
import sys
from typing import Any

from tests.harness.valis import ROOT, Valis


def new_key(valis: Valis, username: str, *options: str, scope: str = "chat") -> str:
    """An API key, made on the command line as its owner would."""
    create = ["api_key", "create", username, "--name", "sdk", "--scope", scope]
    command = [sys.executable, "manage.py", *create, *options]
    made = subprocess.run(
        command, cwd=ROOT, env=valis.environment, capture_output=True, text=True, check=True, timeout=60
    )
    return next(word for word in made.stdout.split() if word.startswith("valis_"))


def sdk_options(valis: Valis, key: str) -> dict[str, Any]:
    """Arguments of `OpenAI` and `AsyncOpenAI`. Without retries: each test sees the first answer."""
    return {"base_url": f"{valis.url}/v1", "api_key": key, "max_retries": 0, "timeout": 20}


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]
