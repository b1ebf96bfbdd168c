"""The code in docs/how-to/write-a-provider.md, run as it stands there."""

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from providers import base
from providers.base import BaseProvider, ProviderConfig, provider_classes
from providers.calling import CallProgress, run_call
from providers.calls import CallRequest, Usage, Utterance
from providers.errors import ProviderSkipped, RequestRefused
from providers.limits import EngineLimits
from tests.documents import ROOT, blocks_in

GUIDE = ROOT / "docs/how-to/write-a-provider.md"
SMALLEST, WITH_SERVER = blocks_in(GUIDE.read_text(), "python")
LOAD = (
    "import django; django.setup(); from providers.base import provider_classes; print(*provider_classes())"
)


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_registry", provider_classes())


def provider_in(code: str, kind: str, base_url: str = "") -> BaseProvider:
    exec(compile(code, str(GUIDE), "exec"), {"__name__": "guide"})
    provider_class = provider_classes()[kind]
    provider = provider_class(ProviderConfig(name=kind, kind=kind, base_url=base_url))
    provider.open()
    return provider


async def ask(provider: BaseProvider, model: str = "") -> tuple[str, CallProgress]:
    pieces: list[str] = []
    progress = CallProgress()
    request = CallRequest(
        system="You are Jane.",
        messages=(Utterance("user", "Good morning, Jane"),),
        model=model,
        temperature=0.5,
    )
    await run_call(provider, request, limits=EngineLimits(), progress=progress, on_text=pieces.append)
    return "".join(pieces), progress


class Ollama(BaseHTTPRequestHandler):
    """Answers as Ollama does; the model `absent` is not there."""

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_there = question["model"] != "absent"
        self.send_response(200 if is_there else 404)
        self.end_headers()
        if not is_there:
            return
        for word in ("Good ", "morning\u2028", "to you 👋"):
            self._line(message={"role": "assistant", "content": word}, done=False)
        self._line(done=True, prompt_eval_count=11, eval_count=3)

    def _line(self, **fields: object) -> None:
        self.wfile.write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def ollama_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ollama) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_the_smallest_provider_answers() -> None:
    text, progress = await ask(provider_in(SMALLEST, "parrot"))

    assert text == "Good morning, Jane "
    assert progress.usage is not None


async def test_the_provider_with_a_server_streams_its_reply_and_its_usage(ollama_url: str) -> None:
    provider = provider_in(WITH_SERVER, "ollama", ollama_url)

    text, progress = await ask(provider, "llama3.2")
    await provider.close()

    assert text == "Good morning\u2028to you 👋"
    assert progress.usage == Usage(tokens_in=11, tokens_out=3)


async def test_it_names_a_refusal(ollama_url: str) -> None:
    with pytest.raises(RequestRefused, match="404"):
        await ask(provider_in(WITH_SERVER, "ollama", ollama_url), "absent")


async def test_it_is_skipped_where_nobody_listens() -> None:
    with pytest.raises(ProviderSkipped, match="nothing listens"):
        await ask(provider_in(WITH_SERVER, "ollama", "http://127.0.0.1:9"))


def test_it_says_what_is_missing() -> None:
    provider = provider_in(WITH_SERVER, "ollama", "http://127.0.0.1:9")

    assert type(provider).missing(ProviderConfig(name="ollama", kind="ollama")) == "no base URL"


def test_installed_as_a_package_it_is_found_by_its_entry_point(tmp_path: Path) -> None:
    package = tomllib.loads(blocks_in(GUIDE.read_text(), "toml")[0])["project"]
    [(name, module)] = package["entry-points"]["valis.providers"].items()
    (tmp_path / f"{module}.py").write_text(WITH_SERVER)
    about = tmp_path / f"{module}-{package['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Name: {package['name']}\nVersion: {package['version']}\n")
    (about / "entry_points.txt").write_text(f"[valis.providers]\n{name} = {module}\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}

    run = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert "ollama" in run.stdout.split()
