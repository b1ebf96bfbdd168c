"""Text of two providers is never mixed into one reply, and the reader sees where a new one begins."""

import pytest

from providers.cascade import Answered, Restarted, Trying
from tests.playing import numbered
from tests.providers.walking import limits, scripted, walk


def outline(told) -> list[str]:
    """What was told, with runs of text as one word."""
    names = ["text" if isinstance(each, str) else type(each).__name__ for each in told]
    return [
        name for before, name in zip(["", *names], names, strict=False) if name != "text" or before != "text"
    ]


def test_before_any_text_the_provider_changes_without_a_word(row, kind) -> None:
    seen = walk(row("status:500", kind=kind), scripted())

    assert outline(seen.told) == ["Trying", "Trying", "text", "Answered"]


@pytest.mark.parametrize("script", ["cut:5@40", "reset:5@40", "no-terminal:5@40", "silent:5"])
def test_after_text_was_seen_the_next_provider_begins_anew(row, kind, script) -> None:
    first = row(script, kind=kind, silence_timeout=0.2)
    seen = walk(first, row("tokens:8:b", kind=kind, name="second"))

    assert outline(seen.told) == ["Trying", "text", "Restarted", "Trying", "text", "Answered"]
    assert seen.text == numbered(8, "b")


def test_a_reply_that_took_too_long_is_begun_anew(row, kind) -> None:
    seen = walk(row("tokens:500@100", kind=kind, provider_timeout=0.2), scripted())

    assert outline(seen.told) == ["Trying", "text", "Restarted", "Trying", "text", "Answered"]
    assert seen.text == "hello"


def test_a_new_start_says_who_broke_off_and_why(row) -> None:
    seen = walk(row("no-terminal:5"), scripted())
    [restart] = [each for each in seen.told if isinstance(each, Restarted)]

    assert restart.reason == "first broke off: the stream was cut before it was complete"


def test_the_new_start_comes_before_the_next_provider_is_tried(row) -> None:
    seen = walk(row("cut:5@40"), scripted())
    [at] = [index for index, each in enumerate(seen.told) if isinstance(each, Restarted)]
    following = seen.told[at + 1]

    assert isinstance(following, Trying)
    assert following.candidate.config.name == "second"


def test_providers_skipped_in_between_do_not_swallow_the_new_start(row, free_port) -> None:
    absent = row("any", name="absent", base_url=f"http://127.0.0.1:{free_port}")
    seen = walk(row("cut:5@40"), absent, scripted())

    assert outline(seen.told) == ["Trying", "text", "Restarted", "Trying", "text", "Answered"]
    assert seen.text == "hello"


def test_the_fallback_voice_begins_anew_as_well(row) -> None:
    seen = walk(row("cut:5@40"))

    assert outline(seen.told) == ["Trying", "text", "Restarted", "Trying", "text", "Answered"]
    assert "w0" not in seen.text


def test_the_same_provider_asked_again_begins_anew(playing, row, kind) -> None:
    seen = walk(row("fail-then:cut:5@40|tokens:8", kind=kind), within=limits(retry_schedule=[0.01]))

    assert [type(each) for each in seen.told if not isinstance(each, str)][1] is not Answered
    assert seen.text == numbered(8)


def test_each_break_is_a_new_start_of_its_own(row) -> None:
    seen = walk(row("cut:5@40", name="one"), row("cut:7@40", name="two"), scripted())
    reasons = [each.reason for each in seen.told if isinstance(each, Restarted)]

    assert [reason.partition(" ")[0] for reason in reasons] == ["one", "two"]
    assert seen.text == "hello"


def test_an_empty_reply_is_followed_by_the_next_without_a_new_start(row, kind) -> None:
    seen = walk(row("say:", kind=kind), scripted())

    assert outline(seen.told) == ["Trying", "Trying", "text", "Answered"]


def test_what_was_written_before_the_break_is_counted(row, kind) -> None:
    seen = walk(row("no-terminal:40", kind=kind), scripted())
    usage = seen.meter.records[0].usage

    assert usage is not None
    assert usage.is_estimated
    assert usage.tokens_out >= 25
    assert usage.tokens_in > 0
