"""A reply without a model: short, honest, and in the persona's own manner."""

import re

from django.utils import timezone

from providers.calls import CallRequest, Voice, estimate_tokens
from providers.fallback_voice.choosing import Choice
from providers.fallback_voice.hearing import Heard, hear
from providers.fallback_voice.intents import Intent
from providers.fallback_voice.manners import FOREIGN, SHARED, Lines, Manner, manner_of
from providers.fallback_voice.words import capitalised, count_sentences, plain, sentence, shown

_MOST_SENTENCES = 4
_WITH_PHRASE = {
    Intent.GREETING,
    Intent.WHO,
    Intent.ABILITIES,
    Intent.TEST,
    Intent.ASSENT,
    Intent.INTRODUCTION,
    Intent.NOTHING,
    Intent.OTHER_LANGUAGE,
    Intent.SYMBOLS,
    Intent.QUESTION,
    Intent.REQUEST,
    Intent.REMARK,
}
_OPENING = _WITH_PHRASE - {Intent.QUESTION, Intent.REQUEST, Intent.REMARK, Intent.ASSENT}
# A phrase that answers something comes first, and does not open a conversation.
_REACTION = re.compile(
    r"(?:and|but|that|this|yes|no|fine|oh|ooh|aw|tick|great|exactly|i'm glad)\b", re.IGNORECASE
)
_POINTS_BACK = re.compile(r"\b(?:that|those)\b", re.IGNORECASE)
_ORDER = ("welcome", "before", "answer", "addition", "honest", "question", "after")
# Their own line already says how things stand.
_HONEST_THEMSELVES = {Intent.DANGER, Intent.OTHER_LANGUAGE, Intent.WHY_NO_MODEL}
_COMMON_TOPIC_WORDS = {
    "with",
    "what",
    "that",
    "they",
    "things",
    "work",
    "works",
    "everyday",
    "along",
}
_SAME_WORD = 4


def compose(request: CallRequest) -> str:
    """The whole reply, never empty; the same request always gives the same (but for the clock)."""
    speaker = _Speaker(request)
    reply = " ".join(speaker.parts())
    fits = estimate_tokens(reply) <= request.max_tokens
    return reply if fits or speaker.heard.intent is Intent.DANGER else speaker.honest()


def in_pieces(text: str) -> list[str]:
    """The text as a few words at a time, as a model would stream it."""
    return re.findall(r"(?:\S{1,40}\s*){1,4}", text)


class _Speaker:
    def __init__(self, request: CallRequest) -> None:
        self.voice: Voice = request.voice
        self.notice = request.notice
        self.name = plain(self.voice.name) or "VALIS"
        self.manner: Manner = manner_of(self.voice.tone)
        self.heard: Heard = hear(request.messages, self.name)
        self.choice = Choice.for_chat(request.messages, self.voice.slug)

    def parts(self) -> list[str]:
        """What is said, in order; less important parts go when it gets long."""
        phrase = self.phrase()
        reacts = bool(_REACTION.match(phrase)) and not phrase.endswith("?")
        core = {
            "welcome": self.welcome(),
            "answer": self.answer(),
            "honest": self.how_things_stand(),
        }
        room = _MOST_SENTENCES - sum(map(count_sentences, core.values()))
        extras = {
            "addition": self.addition(),
            "before" if reacts else "after": phrase,
            "question": "" if phrase.endswith("?") else self.question_back(),
        }
        for name, extra in extras.items():
            if (size := count_sentences(extra)) <= room:
                core[name] = extra
                room -= size
        return [core[name] for name in _ORDER if core.get(name)]

    def welcome(self) -> str:
        """For a first message that greets and goes on."""
        if not self.heard.greeted or self.choice.turn > 1 or self.heard.intent is Intent.GREETING:
            return ""
        return self.pick(self.manner.greeting, "greeting")

    def answer(self) -> str:
        intent = self.heard.intent
        if intent is Intent.OTHER_LANGUAGE:
            lines = FOREIGN[self.heard.it]
            return lines[(self.choice.turn - 1) % len(lines)].format(name=self.name)
        name = str(intent)
        if intent in (Intent.MY_NAME, Intent.RECALL) and not self.heard.it:
            name += "_unknown"
        lines = SHARED.get(name) or getattr(self.manner, name)
        return self.pick(self._fitting(lines), name)

    def how_things_stand(self) -> str:
        if self.notice and self.heard.intent is not Intent.DANGER:
            return self.notice
        return "" if self.heard.intent in _HONEST_THEMSELVES else self.honest()

    def honest(self) -> str:
        if self.notice:
            return self.notice
        if self.heard.intent is Intent.SAD:
            return self.choice.pick_in_turn(SHARED["honest_sad"], f"{self.voice.slug} sad")
        known = (*self.manner.honest, *self.manner.still)
        before = self.choice.said
        goes_on = self.choice.turn > 1 and (
            not self.choice.replied or any(plain(line) in before for line in known)
        )
        lines = self.manner.still if goes_on else self.manner.honest
        return self.choice.pick_in_turn(lines, f"{self.voice.slug} honest")

    def phrase(self) -> str:
        if self.heard.intent not in _WITH_PHRASE:
            return ""
        phrases = [said for phrase in self.voice.common_phrases if (said := sentence(phrase))]
        if self.heard.intent in _OPENING:
            phrases = [said for said in phrases if not refers_back(said)] or phrases
        return self.choice.pick([_literal(phrase) for phrase in phrases], "phrase")

    def addition(self) -> str:
        """What belongs to the answer: a quirk, some topics, a shared interest."""
        match self.heard.intent:
            case Intent.WHO:
                quirks = [shown(quirk, 120) for quirk in self.voice.quirks]
                quirk = self.choice.pick([_literal(quirk) for quirk in quirks if quirk], "which quirk")
                return self.pick(SHARED["quirk"], "quirk", quirk=quirk) if quirk else ""
            case Intent.ABILITIES:
                topics = [shown(topic) for topic in self.voice.topics[:2] if shown(topic)]
                return self.pick(SHARED["topics"], "topics", topics=" or ".join(topics)) if topics else ""
            case Intent.QUESTION | Intent.REQUEST | Intent.REMARK:
                topic = self._shared_topic()
                return self.pick(SHARED["familiar"], "familiar", topic=topic) if topic else ""
            case _:
                return ""

    def pick(self, lines: tuple[str, ...], what: str, **values: str) -> str:
        it = self.heard.it if self.heard.it not in ("", "“”") else "…"
        now = timezone.localtime()
        known = {
            "it": it,
            "It": capitalised(it),
            "name": self.name,
            "who": self._who(),
            "time": f"{now:%H:%M} ({now.tzname()})",
            "date": f"{now:%A}, {now.day} {now:%B} {now.year}",
        }
        return self.choice.pick(lines, what, **(known | values))

    def question_back(self) -> str:
        name = f"ask_{self.heard.intent}"
        lines: Lines = SHARED.get(name, ()) or getattr(self.manner, name, ())
        return self.pick(lines, "question")

    def _fitting(self, lines: Lines) -> Lines:
        """A quotation stands before a colon; the rest of a line would not go with it."""
        is_quoted = self.heard.it.startswith("“")
        if not is_quoted and self.heard.intent is not Intent.REQUEST:
            return lines
        return tuple(line for line in lines if line.startswith("{It}") is is_quoted) or lines

    def _who(self) -> str:
        if not self.voice.slug:
            return "the neutral voice of VALIS"
        role = plain(self.voice.role)
        lowered = role[:1].lower() + role[1:] if role[1:2].islower() else role
        return f"{self.name}, {lowered}" if role else self.name

    def _shared_topic(self) -> str:
        words = _telling_words(self.heard.text)
        for topic in self.voice.topics:
            if any(_is_same(word, other) for word in words for other in _telling_words(topic)):
                return shown(topic)
        return ""


def refers_back(phrase: str) -> bool:
    """Whether it says something about what was said before it."""
    return bool(_REACTION.match(phrase) or _POINTS_BACK.search(phrase))


def _literal(text: str) -> str:
    """For a text that is no template of ours, so that its braces stay braces."""
    return text.replace("{", "{{").replace("}", "}}")


def _telling_words(text: str) -> set[str]:
    words = re.findall(r"[^\W\d_]{4,}", text.lower())
    return set(words[:100]) - _COMMON_TOPIC_WORDS


def _is_same(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return len(short) >= _SAME_WORD and long.startswith(short) and len(long) - len(short) <= _SAME_WORD
