"""What was said in a run, side by side, and what of the voice it shows."""

from dataclasses import dataclass

from diagnostics.fidelity.models import AnswerOutcome, FidelityAnswer, FidelityRun
from diagnostics.fidelity.speakers import Speaker, speakers_in
from personas.golden.dialogues import GoldenDialogue
from personas.golden.measuring import Measures, measure


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said in a dialogue, and what it shows; by the golden reply itself where there is no answer."""

    speaker: Speaker | None
    answer: FidelityAnswer | None
    text: str
    shown: Measures | None


@dataclass(frozen=True, slots=True)
class Compare:
    """A dialogue with the golden reply and those of all speakers."""

    dialogue: GoldenDialogue
    golden: Reply
    replies: list[Reply]


def comparisons_of(run: FidelityRun) -> list[Compare]:
    """Every dialogue, side by side."""
    phrases, speakers = run.phrases(), speakers_in(run)
    said = {(each.dialogue, each.speaker): each for each in run.answers.all()}
    return [
        Compare(
            dialogue,
            Reply(None, None, dialogue.reply, measure(dialogue.reply, dialogue=dialogue, phrases=phrases)),
            [
                _reply(speaker, said[number, place], dialogue, phrases)
                for place, speaker in enumerate(speakers)
                if (number, place) in said
            ],
        )
        for number, dialogue in enumerate(run.golden())
    ]


def _reply(
    speaker: Speaker, answer: FidelityAnswer, dialogue: GoldenDialogue, phrases: tuple[str, ...]
) -> Reply:
    is_said = answer.outcome == AnswerOutcome.ANSWERED
    return Reply(
        speaker,
        answer,
        answer.text,
        measure(answer.text, dialogue=dialogue, phrases=phrases) if is_said else None,
    )
