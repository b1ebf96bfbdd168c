"""The MCP server of the how-to on DesktopCommander, run as the page has it."""

import os
import sys
from collections.abc import Callable

import pytest

from providers.models import Provider
from tests.documents import ROOT, blocks_in
from tests.providers.walking import limits, walk

PAGE = ROOT / "docs" / "how-to" / "use-desktop-commander.md"
ROW = Provider(name="commander", kind="desktop_commander")
PATIENT = limits(first_token_timeout=20, silence_timeout=20, provider_timeout=30, reply_deadline=60)


@pytest.fixture
def plays(settings, tmp_path, monkeypatch) -> Callable[[str], None]:
    """Sets VALIS up with the server of the page, and with a program that stands in for the model's."""

    def set_up(script: str) -> None:
        (code,) = blocks_in(PAGE.read_text(), "python")
        (tmp_path / "ask.py").write_text(code)
        model = tmp_path / "ollama"
        model.write_text(f"#!/bin/sh\n{script}\n")
        model.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        settings.VALIS_DESKTOP_COMMANDER = [sys.executable, str(tmp_path / "ask.py")]

    return set_up


def test_the_program_s_answer_is_the_reply(plays) -> None:
    plays('[ "$*" = "run llama3.2" ] && echo "Grüße. You said:" && cat')

    seen = walk(ROW, within=PATIENT)

    assert seen.provider == "commander"
    assert seen.text.startswith("Grüße. You said:\nYou are Maya.")
    assert "How are you?" in seen.text


def test_a_program_that_fails_is_a_provider_that_failed(plays) -> None:
    plays("exit 3")

    assert walk(ROW, within=PATIENT).provider == "fallback"


def test_the_page_names_the_version_that_was_tried() -> None:
    pinned = next(
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("mcp==")
    )

    assert pinned in PAGE.read_text()
