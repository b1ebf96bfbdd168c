"""A typed client is generated from the description of the API, and works (OP-3)."""

import importlib
import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.completions.clients import new_key
from tests.harness.running import MODEL, running_valis
from tests.harness.valis import Valis
from tests.playing import PlayingServer
from valis_site.api import api

PACKAGE = "generated_valis_client"


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valis]:
    with (
        PlayingServer(models={MODEL: "say:Read a poem."}) as playing,
        running_valis(tmp_path_factory.mktemp("valis"), playing) as process,
    ):
        yield process


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package, as a program would import it."""
    folder = tmp_path_factory.mktemp("generated")
    description = folder / "openapi.json"
    description.write_text(json.dumps(api.get_openapi_schema()))
    problems = generate(config=_config(description, folder / PACKAGE))
    assert [each.detail for each in problems] == []
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(folder))


def _config(description: Path, package: Path) -> Config:
    return Config.from_sources(
        # Formatting is for those who read it.
        config_file=ConfigFile(post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=description,
        file_encoding="utf-8",
        overwrite=True,
        output_path=package,
    )


@pytest.fixture
def operation(generated: ModuleType):
    """Calls an operation by its group and name: `operation("chat", "post_chat")(client=…, body=…)`."""
    return lambda group, name: importlib.import_module(f"{PACKAGE}.api.{group}.{name}").sync


@pytest.fixture
def models(generated: ModuleType) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.models")


@pytest.fixture(scope="module")
def client(generated: ModuleType, valis: Valis):
    return generated.AuthenticatedClient(base_url=valis.url, token=new_key(valis, "demo"))


def test_it_sends_a_message_and_reads_the_reply(client, operation, models) -> None:
    answer = operation("chat", "post_chat")(
        client=client, body=models.ChatIn(message="Hello", persona_id="jane")
    )

    assert isinstance(answer, models.ChatOut)
    assert (answer.reply, answer.turn.status) == ("Read a poem.", models.TurnOutStatus.COMPLETE)
    assert answer.turn.usage.tokens_out > 0


def test_it_begins_a_session_and_finds_it_in_the_list_with_what_was_said(client, operation, models) -> None:
    session = operation("chat", "post_sessions")(client=client, body=models.SessionIn(persona_id="jane"))
    operation("chat", "post_chat")(client=client, body=models.ChatIn(message="Hello", session_id=session.id))
    listed = operation("chat", "get_sessions")(client=client)
    history = operation("chat", "get_sessions_session_id_messages")(client=client, session_id=session.id)

    assert session.id in [each.id for each in listed.results]
    assert [(each.message, each.response) for each in history.items] == [("Hello", "Read a poem.")]


def test_it_reads_the_configuration(generated, valis, operation, models) -> None:
    key = new_key(valis, "staff", scope="diagnostics")
    client = generated.AuthenticatedClient(base_url=valis.url, token=key)
    config = operation("diagnostics", "get_config")(client=client)

    assert "openai" in [each.name for each in config.cascade]


def test_an_error_is_a_type_too(client, operation, models) -> None:
    missing = operation("chat", "get_sessions_session_id")(client=client, session_id=uuid.uuid4())

    assert isinstance(missing, models.ErrorOut)
    assert missing.code == "session_not_found"
