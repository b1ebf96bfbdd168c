"""What goes into a call to a provider, and what comes out of it."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Voice:
    """All a provider knows of a persona: enough to speak like it without a model."""

    slug: str = ""
    name: str = "VALIS"
    role: str = ""
    tone: str = ""
    common_phrases: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


NEUTRAL_VOICE = Voice()


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the dialogue so far."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One wish for a reply, the same for every provider of a cascade.

    `model` is the candidate's model; `temperature` is None where the persona has none of its own.
    `notice` is for the fallback voice alone: why it speaks, where that is not for want of a model.
    """

    system: str
    messages: tuple[Utterance, ...]
    voice: Voice = NEUTRAL_VOICE
    model: str = ""
    max_tokens: int = 1024
    temperature: float | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; `is_estimated` when the provider did not say."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider said it is done. A stream that ends without this is broken.

    `is_cut` when it would have said more than `max_tokens` allowed.
    """

    usage: Usage = field(default_factory=Usage)
    is_cut: bool = False


StreamEvent = TextDelta | Finished


def estimate_tokens(*texts: str) -> int:
    """About how many tokens these texts are: four characters each, the field's rule of thumb."""
    return sum(len(text) + 3 for text in texts) // 4
