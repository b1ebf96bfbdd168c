"""What is finished of a running reply is rendered at once, once, and for everybody in the same way."""

import uuid
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from accounts.models import User
from chat.briefs import Brief
from chat.models import Turn
from chat.presenting import turn_form
from chat.selectors import find_turn
from chat.services import Submission
from chat.transient import submit_transient
from core.rendering import render_markdown
from personas.models import Persona
from providers.calls import Utterance
from providers.models import Provider
from tests.chat.listening import Listener
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

TEXT = """One **bold** word.

- tea
- milk

```python
x = 1

y = 2
```

And *so* on, 😀 word by word, to the end."""

Answering = Callable[[Turn], "Future[None]"]


@pytest.fixture(autouse=True)
def _checkpoints_come_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.cascade.PULSE_SECONDS", 0.02)


def play(playing: PlayingServer, provider: Callable[..., Provider], script: str) -> None:
    playing.cast("scripted-reply", script)
    provider("scripted-reply")


@pytest.fixture
def submission(
    say: Callable[..., Submission], provider: Callable[..., Provider], playing: PlayingServer
) -> Submission:
    play(playing, provider, f"read:60:{TEXT}")
    return say()


def test_blocks_come_in_order_once_each_and_look_like_the_end(
    submission: Submission, listen: Callable[..., Listener], answering: Answering
) -> None:
    ears = listen(submission.turn.session_id)
    answering(submission.turn).result(20)

    blocks, done = ears.of("turn.block"), ears.of("turn.done")[0]
    assert [each["at"] for each in blocks] == [0, *(each["end"] for each in blocks[:-1])]
    assert [TEXT[each["at"] : each["end"]].strip()[:3] for each in blocks] == ["One", "- t", "```"]
    assert done["html"] == render_markdown(TEXT)
    assert done["html"].startswith("".join(each["html"] for each in blocks))
    assert done["html_end"] == len(TEXT)


def test_a_block_comes_after_its_pieces(
    submission: Submission, listen: Callable[..., Listener], answering: Answering
) -> None:
    ears = listen(submission.turn.session_id)
    answering(submission.turn).result(20)

    length = 0
    for event in ears.events:
        if event["type"] == "turn.delta":
            length = event["at"] + len(event["text"])
        if event["type"] == "turn.block":
            assert event["end"] <= length


def test_whoever_reads_a_running_reply_gets_its_finished_part(
    submission: Submission, answering: Answering, eventually: Callable[..., None]
) -> None:
    running = answering(submission.turn)
    seen: dict[str, object] = {}

    def has_rendered() -> bool:
        form = turn_form(find_turn(submission.turn.pk))
        seen.update(form if form["status"] == "streaming" else {})
        return bool(seen.get("html_end")) or running.done()

    eventually(has_rendered)
    running.result(20)

    assert TEXT.startswith(str(seen["text"]))
    assert seen["html"] == render_markdown(TEXT[: int(str(seen["html_end"]))])
    assert "<strong>bold</strong>" in str(seen["html"])


def test_a_reply_that_starts_over_is_rendered_from_its_beginning(
    say: Callable[..., Submission],
    provider: Callable[..., Provider],
    playing: PlayingServer,
    listen: Callable[..., Listener],
    answering: Answering,
) -> None:
    provider("cut:5", name="breaks", priority=1)
    play(playing, provider, f"read:60:{TEXT}")
    turn = say().turn
    ears = listen(turn.session_id)
    answering(turn).result(30)

    second = [each for each in ears.of("turn.block") if each["attempt"] == 2]
    assert second[0]["at"] == 0
    assert "<strong>bold</strong>" in second[0]["html"]
    assert ears.of("turn.done")[0]["html"] == render_markdown(TEXT)


def test_footnotes_are_whole_at_the_end(
    say: Callable[..., Submission],
    provider: Callable[..., Provider],
    playing: PlayingServer,
    listen: Callable[..., Listener],
    answering: Answering,
) -> None:
    text = (
        "Known[^1] from [a book][b].\n\nA second paragraph.\n\n[^1]: By many.\n\n[b]: https://example.org\n"
    )
    play(playing, provider, f"read:60:{text}")
    turn = say().turn
    ears = listen(turn.session_id)
    answering(turn).result(20)

    assert ears.of("turn.done")[0]["html"] == render_markdown(text, name=str(turn.pk))
    assert max(each["end"] for each in ears.of("turn.block")) <= text.index("[^1]:")


def test_programs_are_sent_no_blocks(
    alice: User,
    jane: Persona,
    provider: Callable[..., Provider],
    playing: PlayingServer,
    listen: Callable[..., Listener],
    answering: Answering,
) -> None:
    play(playing, provider, f"read:60:{TEXT}")
    brief = Brief(dialogue=(Utterance("user", "Go."),))
    turn = submit_transient(alice, session_id=uuid.uuid4(), persona=jane, brief=brief)
    ears = listen(turn.session_id)
    answering(turn).result(20)

    assert ears.of("turn.delta")
    assert not ears.of("turn.block")
