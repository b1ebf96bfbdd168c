"""`manage.py serve` for the first time, by somebody who set nothing up."""

import json
import re
import stat
from pathlib import Path

from tests.harness.client import ChatClient
from tests.harness.person import Person
from tests.harness.running import CANARY, new_valis
from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer

SHOWN = re.compile(r"^  (demo|staff) +password (\S+) \(shown this once\)", re.MULTILINE)


def _unprepared(data: Path, playing: PlayingServer) -> Valis:
    return new_valis(data, playing, VALIS_DEMO_PASSWORD="", VALIS_STAFF_PASSWORD="")


def test_the_first_start_shows_passwords_that_work_and_later_ones_do_not(
    tmp_path: Path, playing: PlayingServer
) -> None:
    with _unprepared(tmp_path, playing) as valis:
        shown = dict(SHOWN.findall(valis.output()))
        assert set(shown) == {"demo", "staff"}
        assert len(set(shown.values())) == 2
        for username, password in shown.items():
            Person(valis.url).log_in(username, password)
        assert "/admin/" in Person(valis.url).log_in("staff", shown["staff"]).page("/chat/")
        valis.stop()
        said_before = len(valis.output())

        valis.start()
        said_after = valis.output()[said_before:]
        assert not SHOWN.findall(said_after)
        assert not [password for password in shown.values() if password in said_after]
        assert "demo, staff" in said_after
        Person(valis.url).log_in("demo", shown["demo"])


def test_two_installations_have_different_passwords_and_secrets(
    tmp_path: Path, playing: PlayingServer
) -> None:
    secrets, passwords = [], []
    for name in ("one", "other"):
        with _unprepared(tmp_path / name, playing) as valis:
            passwords += [password for _, password in SHOWN.findall(valis.output())]
            secrets.append(json.loads((valis.data / "secrets.json").read_text()))
    assert len(set(passwords)) == 4
    assert secrets[0]["secret_key"] != secrets[1]["secret_key"]
    assert secrets[0]["field_keys"] != secrets[1]["field_keys"]


async def test_one_command_leads_from_nothing_to_a_good_reply(tmp_path: Path, playing: PlayingServer) -> None:
    with new_valis(tmp_path, playing) as valis:
        demo = Person(valis.url).log_in("demo")
        async with ChatClient(demo, demo.new_session()) as client:
            reply = await client.reply(await client.ask("Are you there?"))
    assert reply.text == "Hello from the provider."


async def test_secrets_stay_secret(tmp_path: Path, playing: PlayingServer) -> None:
    question = "A question that nobody else is to read"
    with new_valis(tmp_path, playing, VALIS_LOG_LEVEL="DEBUG") as valis:
        demo = Person(valis.url).log_in("demo")
        async with ChatClient(demo, demo.new_session()) as client:
            await client.reply(await client.ask(question))
            playing.stop()
            await client.reply(await client.ask(f"{question}, and the provider is away"))
        valis.stop()
        kept = json.loads((tmp_path / "secrets.json").read_text())
        for secret in (CANARY, PASSWORD, kept["secret_key"], *kept["field_keys"], question):
            assert secret not in valis.output()
    _assert_only_the_owner_reads_secrets(tmp_path)


def _assert_only_the_owner_reads_secrets(data: Path) -> None:
    for file in ("secrets.json", "valis.sqlite3"):
        assert stat.S_IMODE((data / file).stat().st_mode) == 0o600
    files = [path for path in data.rglob("*") if path.is_file()]
    assert not [path.name for path in files if CANARY.encode() in path.read_bytes()]
