"""Providers that hang, fall silent, break off or talk nonsense: one person meets each at the same time."""

from collections.abc import Iterator

import pytest

from tests.harness.client import clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.rows import rows_in
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.store import forget_failures, set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer

BEFORE_A_WORD = [
    "hang",
    "headers-only",
    "html",
    "status:500",
    "status:429:retry-after=day",
    "cut:0",
    "reset:0",
]
AFTER_FIVE = ["silent:5", "pings:5", "cut:5", "reset:5", "no-terminal:5"]
HASTE = {"first_token_timeout": 1, "silence_timeout": 1, "retry_schedule": []}


@pytest.fixture
def backup(valis: Valis, playing: PlayingServer) -> Iterator[None]:
    """A second provider, and an engine in haste."""
    names = ", ".join(HASTE)
    ((before,),) = rows_in(valis.data).select([f"SELECT {names} FROM providers_enginesettings"], [])
    set_up_engine(valis.data, **HASTE)
    use_backup(valis.data, playing)
    yield
    use_backup(valis.data, playing, is_enabled=False)
    for name, value in before.items():
        if name != "retry_schedule":
            set_up_engine(valis.data, **{name: value})
    set_up_engine(valis.data, retry_schedule=[1, 2, 4])
    forget_failures(valis.data)


async def test_whatever_the_first_provider_does_the_next_one_gives_the_whole_reply(
    valis: Valis, playing: PlayingServer, demo: Person, backup: None
) -> None:
    scripts = BEFORE_A_WORD + AFTER_FIVE
    playing.cast(MODEL, f"fail-then:{'|'.join(scripts)}")
    playing.cast(BACKUP_MODEL, "say:The next one answers.")
    async with clients(demo, len(scripts)) as people:
        sent = [await client.ask(f"a bad provider {n}") for n, client in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each)
            assert (reply.status, reply.text) == ("complete", "The next one answers.")
            assert reply.form["provider"]["name"] == "local"
        assert_nothing_lost([client.journal for client in people], data=valis.data, playing=playing)


async def test_with_every_provider_down_the_personas_own_voice_speaks_and_says_so(
    valis: Valis, playing: PlayingServer, demo: Person, backup: None
) -> None:
    for model in (MODEL, BACKUP_MODEL):
        playing.cast(model, "fail-then:status:503|hang|cut:3|html")
    async with clients(demo, 4) as people:
        sent = [await client.ask(f"nobody answers {n}") for n, client in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each)
            assert (reply.status, reply.form["provider"]["is_fallback"]) == ("complete", True)
            assert reply.text
        assert_nothing_lost([client.journal for client in people], data=valis.data, playing=playing)
