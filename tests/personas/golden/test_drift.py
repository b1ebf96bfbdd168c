"""How far replies are from the golden ones, and whether that tells voices apart."""

from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from personas.golden.dialogues import GoldenDialogue
from personas.golden.drifting import Drift, Word, drift
from personas.golden.files import shipped_dialogues
from personas.golden.refusals import looks_like_a_refusal
from personas.shipped_files import read_shipped, shipped_defaults

SLUGS = [values["slug"] for values in read_shipped()]
OTHERS = yaml.safe_load(Path(__file__).with_name("other_replies.yaml").read_text())
PLAIN = OTHERS["plain"]
DECLINED = "I can't help with that."


@cache
def golden(slug: str) -> list[GoldenDialogue]:
    return [GoldenDialogue.from_json(each) for each in shipped_dialogues(slug)]


@cache
def phrases(slug: str) -> list[str]:
    return list(shipped_defaults(slug)["common_phrases"])


def against(slug: str, replies: list[str]) -> Drift:
    return drift(list(zip(golden(slug), replies, strict=True)), phrases=phrases(slug))


def own(slug: str) -> list[str]:
    return [each.reply for each in golden(slug)]


@pytest.mark.parametrize("slug", SLUGS)
def test_the_golden_replies_are_close_to_themselves(slug):
    measured = against(slug, own(slug))
    for each in (measured.phrases, measured.tone, measured.refusals, measured.length):
        assert (each.amount, each.word) == (0, Word.CLOSE), each.figure
    assert measured.overall is Word.CLOSE


@pytest.mark.parametrize(("slug", "other"), list(permutations(SLUGS, 2)))
def test_another_persona_is_told_apart_by_phrases_and_by_tone(slug, other):
    measured = against(slug, own(other))
    assert measured.phrases.word is Word.OFF
    assert measured.tone.word is not Word.CLOSE


@pytest.mark.parametrize("slug", ["jane", "sam"])
def test_other_replies_in_the_same_voice_are_not_off(slug):
    measured = against(slug, OTHERS[slug])
    assert measured.tone.word is Word.CLOSE, measured.tone
    assert measured.refusals.word is Word.CLOSE, measured.refusals
    assert measured.overall is not Word.OFF


@pytest.mark.parametrize("slug", SLUGS)
def test_an_assistant_without_a_voice_is_off(slug):
    measured = against(slug, PLAIN)
    assert measured.phrases.word is Word.OFF
    assert measured.tone.word is Word.OFF


def test_a_refusal_that_should_not_be_is_never_close():
    replies = own("jane")
    replies[0] = DECLINED
    measured = against("jane", replies).refusals
    assert measured.word is Word.DRIFTS
    assert measured.figure == "1 that should not"


def test_so_is_one_that_is_missing():
    jane = golden("jane")
    replies = ["Two are fine." if each.declines else each.reply for each in jane]
    measured = against("jane", replies).refusals
    assert measured.word is not Word.CLOSE
    assert measured.figure == "2 missing"


def test_a_voice_that_refuses_everything_is_off():
    measured = against("sam", [DECLINED] * len(golden("sam")))
    assert measured.refusals.word is Word.OFF
    assert measured.overall is Word.OFF


@pytest.mark.parametrize(("times", "word"), [(1, Word.CLOSE), (2, Word.DRIFTS), (4, Word.OFF)])
def test_length_is_compared_by_ratio(times, word):
    measured = against("otto", [" ".join([each] * times) for each in own("otto")])
    assert measured.length.word is word
    assert measured.length.figure == f"{times:.1f} times as long"


def test_an_empty_reply_is_off_in_length():
    assert against("otto", [""] * len(golden("otto"))).length.word is Word.OFF


def test_a_phrase_in_every_reply_where_few_have_one_drifts_by_half():
    dialogues = [GoldenDialogue(name=str(each), question="?", reply="Fine weather.") for each in range(4)]
    measured = drift(
        [(each, "Fine weather. The bees know.") for each in dialogues], phrases=["The bees know."]
    )
    assert (measured.phrases.amount, measured.phrases.word) == (0.5, Word.DRIFTS)


def test_what_is_avoided_counts_against_the_tone():
    replies = [f"{each} I hope this helps! As a language model, I enjoyed it." for each in own("sam")]
    assert against("sam", replies).tone.word is Word.OFF


def test_without_replies_there_is_nothing_to_say():
    with pytest.raises(ValueError, match="no reply"):
        drift([], phrases=())


texts = st.text(max_size=80) | st.sampled_from([*OTHERS["jane"], *PLAIN, DECLINED])


@given(
    pairs=st.lists(st.tuples(texts, texts, st.booleans()), min_size=1, max_size=5),
    said=st.lists(st.text(max_size=20), max_size=3),
)
def test_any_texts_give_amounts_from_0_to_1(pairs, said):
    dialogues = [
        GoldenDialogue(name="", question="", reply=reply, declines=declines, markers=tuple(said))
        for reply, _, declines in pairs
    ]
    measured = drift(list(zip(dialogues, [text for _, text, _ in pairs], strict=True)), phrases=said)
    for each in (measured.phrases, measured.tone, measured.refusals, measured.length):
        assert 0 <= each.amount <= 1
        assert each.figure


@given(
    st.lists(
        st.text(alphabet=st.characters(categories=["L", "P", "Zs"]), max_size=80), min_size=1, max_size=4
    )
)
def test_any_reply_is_close_to_itself_but_for_what_its_author_forgot(replies):
    """As the golden reply, it says nothing that is avoided, and it declines when it says so."""
    pairs = [
        (GoldenDialogue(name="", question="", reply=each, declines=looks_like_a_refusal(each)), each)
        for each in replies
    ]
    measured = drift(pairs, phrases=("Fine.",))
    assert measured.phrases.amount == measured.tone.amount == measured.refusals.amount == 0
