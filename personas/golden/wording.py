"""What is measured in a golden reply, in words for whoever wrote it."""

from collections.abc import Sequence

from personas.golden.dialogues import GoldenDialogue
from personas.golden.measuring import measure


def measured_in_words(dialogue: GoldenDialogue, *, phrases: Sequence[str]) -> str:
    found = measure(dialogue.reply, dialogue=dialogue, phrases=phrases)
    told = [
        f"{found.words} words.",
        f"Phrases: {_quoted(found.phrases)}." if found.phrases else "None of the persona's common phrases.",
    ]
    if dialogue.markers:
        told.append(f"{len(found.markers)} of {len(dialogue.markers)} markers: {_quoted(found.markers)}.")
    if dialogue.declines and not found.declines:
        told.append(
            "It does not look like a refusal, though it is to be one: let it say plainly that it will not."
        )
    elif found.declines and not dialogue.declines:
        told.append("It looks like a refusal: say it in other words, or tick that it declines.")
    return " ".join(told)


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{each}”" for each in texts) or "none"
