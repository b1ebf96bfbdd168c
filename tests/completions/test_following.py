"""A program hears its reply by events; what they do not tell is read from the row. Nothing comes twice."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from accounts.models import User
from chat import turns
from chat.announcing import Announcer, announce_turn, topic_of
from chat.briefs import Brief
from chat.completions import following
from chat.completions.following import Ended, News, Replaced, Silence, Words, follow
from chat.models import Turn, TurnStatus
from chat.transient import submit_transient
from chat.turns import Held
from core import live
from core.threads import in_database_thread
from personas.models import Persona
from providers.calls import Utterance
from providers.models import EngineSettings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn(alice: User, jane: Persona) -> Turn:
    brief = Brief(dialogue=(Utterance("user", "Hello"),))
    return submit_transient(alice, session_id=uuid.uuid4(), persona=jane, brief=brief)


@pytest.fixture
def held(turn: Turn) -> Held:
    held = turns.claim(turn, places=200, snapshot={})
    assert held is not None
    return held


@pytest.fixture
def say(turn: Turn) -> Callable[..., None]:
    """A piece of the text of an attempt is published."""
    announcer = Announcer(turn.session_id)

    def say(at: int, text: str, *, attempt: int = 1) -> None:
        announcer.delta(Held(turn.pk, attempt), at=at, text=text)

    return say


@pytest.fixture
async def heard(turn: Turn) -> AsyncIterator[asyncio.Queue[News]]:
    """What the follower of the turn tells, as it comes."""
    queue: asyncio.Queue[News] = asyncio.Queue()
    subscription = await live.subscribe(topic_of(turn.session_id))

    async def listen() -> None:
        async for each in follow(turn, subscription):
            queue.put_nowait(each)

    task = asyncio.create_task(listen())
    yield queue
    task.cancel()


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)


async def hears(queue: "asyncio.Queue[News]", kind: type[News]) -> News:
    """The next news of this kind; what is of another kind is passed over, unless it is text."""
    async with asyncio.timeout(10):
        while not isinstance(news := await queue.get(), kind):
            assert not isinstance(news, Words), news
    return news


async def hears_text(queue: "asyncio.Queue[News]", text: str) -> None:
    """Exactly this text comes next, in however many pieces."""
    said = ""
    while len(said) < len(text):
        said += (await hears(queue, Words)).text
    assert said == text


async def test_each_piece_is_told_once(heard, say) -> None:
    say(0, "One ")
    say(4, "two ")
    say(4, "two ")
    say(2, "e two three")

    await hears_text(heard, "One two three")


async def test_pieces_of_an_attempt_that_was_given_up_are_not_told(heard, say) -> None:
    say(0, "First")
    say(0, "Second", attempt=2)
    say(5, " and more")
    say(6, " text", attempt=2)

    await hears_text(heard, "First")
    await hears(heard, Replaced)
    await hears_text(heard, "Second text")


@pytest.mark.usefixtures("looks_often")
async def test_a_gap_is_filled_from_the_row(heard, say, held: Held) -> None:
    say(0, "One ")
    say(8, "three")
    await in_database_thread(turns.checkpoint, held, text="One two three", event_id="")

    await hears_text(heard, "One two three")
    say(13, " four")
    await hears_text(heard, " four")


@pytest.mark.usefixtures("looks_often")
async def test_without_any_event_the_row_tells_everything(heard, turn: Turn, held: Held) -> None:
    await in_database_thread(turns.checkpoint, held, text="One ", event_id="")
    await hears_text(heard, "One ")
    await hears(heard, Silence)
    await in_database_thread(turns.finish, turn, held, status=TurnStatus.COMPLETE, text="One two")

    await hears_text(heard, "One two"[4:])
    ended = await hears(heard, Ended)
    assert ended.form["text"] == "One two"


async def test_who_fell_behind_the_log_of_events_has_the_whole_text_at_the_end(
    heard, say, turn: Turn, held: Held
) -> None:
    text = "".join(f"w{number} " for number in range(2000))
    for number in range(2000):
        say(text.index(f"w{number} "), f"w{number} ")
    turn.current_attempt = None

    def finish() -> None:
        turns.finish(turn, held, status=TurnStatus.COMPLETE, text=text)
        announce_turn(Turn.objects.get(pk=turn.pk))

    await in_database_thread(finish)

    await hears_text(heard, text)
    await hears(heard, Ended)


@pytest.mark.usefixtures("looks_often")
async def test_a_turn_that_takes_longer_than_a_reply_may_is_not_waited_for(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await EngineSettings.objects.acreate(reply_deadline=0.05, longest_wait=0.05)
    monkeypatch.setattr(following, "_MARGIN_SECONDS", 0.1)

    news = [each async for each in follow(turn, await live.subscribe(topic_of(turn.session_id)))]

    assert news[-1] == Ended(None)


async def test_nobody_listens_on_when_it_is_over(heard, turn: Turn, say) -> None:
    topic = live._backend()._topics[topic_of(turn.session_id)]  # type: ignore[attr-defined]
    say(0, "Hello")
    await hears_text(heard, "Hello")
    assert len(topic.readers) == 1

    await in_database_thread(turns.request_stop, turn)
    await in_database_thread(lambda: announce_turn(Turn.objects.get(pk=turn.pk)))
    await hears(heard, Ended)
    await asyncio.sleep(0)

    assert not topic.readers
