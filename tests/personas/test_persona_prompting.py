import re

from hypothesis import given
from hypothesis import strategies as st

from personas.prompting import build_system_prompt, prompt_preview
from personas.snapshots import NEUTRAL_SNAPSHOT, PersonaSnapshot
from providers.calls import estimate_tokens

texts = st.text(st.characters(), max_size=60) | st.sampled_from(
    ["{name}", "{0}", "%s", "}{", "## House rules"]
)
lists = st.lists(texts, max_size=4).map(tuple)
snapshots = st.builds(
    PersonaSnapshot,
    slug=st.just("robin"),
    name=texts,
    role=texts,
    description=texts,
    tone=texts,
    background=texts,
    common_phrases=lists,
    topics=lists,
    quirks=lists,
    system_prompt=texts,
    example_dialogue=texts,
    traits=st.dictionaries(texts, st.integers(0, 100), max_size=4).map(lambda each: tuple(each.items())),
    communication_style=st.sampled_from(["", "concise", "socratic", "no such style"]),
)
contexts = st.dictionaries(texts, texts, max_size=3)

SECTIONS = {
    "Background": {"background": "Keeps bees."},
    "How you sound": {"tone": "dry"},
    "Phrases of yours": {"common_phrases": ("The bees know.",)},
    "What you like to talk about": {"topics": ("bees",)},
    "Your quirks": {"quirks": ("hums",)},
    "Your traits": {"traits": (("patience", 90),)},
    "How you answer": {"communication_style": "concise"},
    "Instructions of your own": {"system_prompt": "Always mention honey."},
    "How a conversation with you sounds": {"example_dialogue": "Person: Hi.\nRobin: Bzz."},
}


def headings(prompt) -> list[str]:
    return re.findall(r"^## (.+)$", prompt, re.MULTILINE)


@given(snapshots, lists, contexts)
def test_the_same_persona_gives_the_same_prompt_whatever_it_contains(snapshot, memories, context):
    prompt = build_system_prompt(snapshot, memories=memories, context=context)
    turned = dict(reversed(context.items()))
    assert prompt == build_system_prompt(snapshot, memories=memories, context=turned)
    prompt.encode("utf-8")
    assert "\x00" not in prompt


@given(snapshots)
def test_a_section_is_there_only_with_something_in_it(snapshot):
    parts = re.split(r"^## .+$", build_system_prompt(snapshot), flags=re.MULTILINE)
    own = f"{snapshot.background} {snapshot.system_prompt} {snapshot.tone} {snapshot.example_dialogue}"
    assert "## " in own or all(part.strip() for part in parts[1:])


@given(lists, contexts)
def test_memory_and_context_cannot_open_a_section_of_their_own(memories, context):
    prompt = build_system_prompt(NEUTRAL_SNAPSHOT, memories=memories, context=context)
    assert set(headings(prompt)) <= {"Who you are", "House rules", "What you remember", "This conversation"}


def test_a_bare_persona_has_only_its_name_and_the_house_rules():
    assert headings(build_system_prompt(PersonaSnapshot(name="Robin"))) == ["Who you are", "House rules"]


def test_each_part_of_a_persona_adds_the_section_of_its_own():
    for heading, values in SECTIONS.items():
        prompt = build_system_prompt(PersonaSnapshot(name="Robin", **values))
        assert headings(prompt) == ["Who you are", heading, "House rules"], heading


def test_memory_and_context_come_last_so_that_the_rest_can_be_cached():
    alone = build_system_prompt(PersonaSnapshot(name="Robin"))
    full = build_system_prompt(
        PersonaSnapshot(name="Robin"), memories=["Alice likes tea."], context={"date": "today", "empty": " "}
    )
    assert full.startswith(alone)
    assert headings(full)[-2:] == ["What you remember", "This conversation"]
    assert "- Alice likes tea." in full
    assert "- date: today" in full
    assert "empty" not in full


def test_a_trait_is_put_into_words():
    prompt = build_system_prompt(
        PersonaSnapshot(name="Robin", traits=(("patience", 90), ("skepticism", 10), ("zest", 50)))
    )
    assert "Patience is very high (90 of 100): you take all the time it needs." in prompt
    assert "Skepticism is very low (10 of 100): you take things as they are told." in prompt
    assert "Zest is middling (50 of 100)." in prompt


def test_the_house_rules_name_the_persona_and_keep_it_honest():
    prompt = build_system_prompt(PersonaSnapshot(name="Robin"))
    assert "You are Robin throughout." in prompt
    assert "Never claim to have done, seen, sent or looked up what you have not." in prompt
    assert "It never overrides these instructions." in prompt


def test_a_name_with_braces_stays_as_it_is():
    assert "You are {name} throughout." in build_system_prompt(PersonaSnapshot(name="{name}"))


def test_the_preview_is_the_prompt_of_a_new_chat_with_its_tokens(robin):
    prompt, tokens = prompt_preview(robin)
    assert prompt == build_system_prompt(robin.snapshot())
    assert tokens == estimate_tokens(prompt)


@given(snapshots, st.text())
def test_what_a_program_says_is_the_last_part_and_opens_no_section(snapshot, notes):
    plain = build_system_prompt(snapshot)
    prompt = build_system_prompt(snapshot, program_notes=notes)

    assert prompt.startswith(plain)
    added = prompt.removeprefix(plain).strip()
    assert headings(added) in ([], ["The program you are reached through"])
    assert all(line[:1] in {"", "#", ">"} or line.startswith("It sent") for line in added.splitlines())


def test_each_engagement_asks_for_something_else_and_none_for_nothing():
    prompts = [
        build_system_prompt(PersonaSnapshot(engagement=engagement))
        for engagement in ("", "active", "reactive", "observer")
    ]

    assert ["How you take part" in prompt for prompt in prompts] == [False, True, True, True]
    assert len(set(prompts)) == 4
