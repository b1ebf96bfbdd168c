"""Whether a reply looks like a refusal. By its words, in English and German."""

import re

from personas.golden.words import plain


def _any(*ways: str) -> str:
    return f"(?:{'|'.join(ways)})"


_ADVERBS = rf"(?:{_any('[a-z]+ly', 'really|just|also|even', 'in good conscience')}[ ,]+)*"
_CANNOT = _any("can ?not|can't|won't|will not|shouldn't|should not|mustn't|must not")
_UNABLE = _any(
    rf"{_CANNOT}(?: (?:and|or) {_CANNOT})?",
    "(?:am|'m) (?:not (?:able|allowed|permitted|willing|going|comfortable|about) to|unable to)",
    "(?:am|'m) not (?:in a position to|comfortable)",
    "(?:'d|would|had) rather not",
    "(?:refuse|decline) to",
)
_DEEDS = _any(
    "help (?:with|to|do|make|write|create|hide|get|there|here|you)",
    "assist|assisting|provide|providing|share|sharing|discuss|discussing|comply|answer|reveal|disclose",
    "(?:give|giving) (?:you|out|any|anyone|legal|medical|financial|an?|those|(?:that|it|them) to)",
    "do (?:that|this|it|your|any)|(?:complete|fulfill?|support|continue(?: with)?) (?:that|this|it)",
    "make (?:you|an?|one)|(?:write|create|generate|produce|prescribe|diagnose|identify|recite|reproduce)",
    "(?:writing|creating|generating|producing|making|prescribing|diagnosing|reciting|reproducing)",
    "(?:repeat|paste|quote|print|copy|list|publish) (?:that|those|them|it|my|the)",
    "show (?:you )?(?:it|them|my|that|the)|hand (?:it|them|that|those|over|you)",
    "read (?:it|them|that|those) (?:out|to|aloud)|be (?:part of|anyone|someone else)",
    "(?:engage|engaging|participate|take part) in|encourage|condone|talk about (?:that|this|it|my)",
    "advise|recommend (?:a dose|any|that you)|certify|sign off|promise (?:that|you that|a)",
    "tell you (?:that|what|which|my|how to|whether|the)|name (?:an?|the|you a) (?:dose|figure|number)",
)
_MODEL = _any("(?:ai|artificial intelligence)(?! persona)", "(?:large )?language model")
_ENGLISH = (
    rf"\bI(?:[ ,]+|(?=')){_ADVERBS}{_UNABLE}[ ,]+{_ADVERBS}{_DEEDS}\b",
    rf"\bas an? {_MODEL}\b",
    r"\bI(?: am|'m) (?:just |only )?an? (?:ai (?:\w+ )?(?:model|assistant)|(?:large )?language model)\b",
    r"\b(?:that|this|it) ?(?:isn't|is not|'s not) something I(?:'m| am|) (?:can|able|could|will|would)\b",
    r"\bI(?:'m| am) (?:so |very |really )?sorry, but I(?: am|'m|) (?:can't|cannot|won't|unable|must)\b",
    r"\b(?:against|violates?|outside) (?:my|our) (?:\w+ )?(?:guidelines|policy|policies|rules)\b",
    r"\bmy (?:guidelines|polic(?:y|ies)|programming) (?:do not|don't|prevents?|forbids?)\b",
    r"\bI(?:'ll| will|'m going to| am going to|) (?:have to|need to|must) (?:\w+ly )?(?:decline|refuse)\b",
    r"\b(?:content|usage|safety) (?:policy|policies)\b|\bno[.,]? (?:I'm )?not (?:doing|writing|building) ",
    r"\bI(?:'d| would) (?:rather|prefer) not(?: to)?(?: say| answer| go into it)?(?=[.,;!]|$)",
    r"\bI(?:'ll| will|) (?:have to )?pass on (?:that|this)\b",
    r"\byou won't get (?:that|it|them|those) from me\b",
    r"\bI (?:do not|don't) (?:feel comfortable|provide|discuss|help with|give (?:medical|legal|financial))\b",
)
_MAY = "(?:kann|darf|werde|möchte|will|könnte)"
_TUN = _any(
    "helfen|weiterhelfen|beantworten|geben|schreiben|erstellen|unterstützen|verraten|zeigen|nennen|herausgeben",
    "vorlesen|tun|teilen|erfüllen|entsprechen|nachkommen|anbieten|liefern|empfehlen|verschreiben",
)
_KI = _any("ki(?!-persona)", "künstliche intelligenz", "sprachmodell")
_GERMAN = (
    rf"\b(?:ich {_MAY}|{_MAY} ich)\b[^.!?\n]{{0,80}}\b(?:nicht|kein\w*|nichts)\b[^.!?\n]{{0,60}}\b{_TUN}\b",
    rf"\b(?:ich {_MAY}|{_MAY} ich)\b[^.!?\n]{{0,60}}\b(?:keine (?:angaben|auskunft)|nichts sagen)\b",
    r"\bich helfe (?:dir |ihnen |euch )?(?:dabei |damit |da )?nicht(?=[.!?,;]|$)|\bda muss ich passen\b",
    r"\b(?:das|dies) (?:mache|tue|schreibe) ich (?:dir |ihnen )?nicht(?=[.!?,;]|$)",
    r"\b(?:kann|werde) (?:ich )?[^.!?\n]{0,60}\bnicht für (?:dich|sie|euch) (?:machen|erledigen|schreiben)\b",
    rf"\bals (?:eine? )?{_KI}\b",
    r"\bich bin (?:nur |leider )?(?:eine? )?(?:ki(?!-persona)(?:-\w+)?|sprachmodell)\b",
    rf"\b(?:das|dies) {_MAY} ich (?:leider )?nicht(?=[.!?,;]|$)",
    r"\b(?:gegen|außerhalb) (?:meine[rn]?|die|der|unsere[rn]?) (?:richtlinien|regeln|vorgaben)\b",
    r"\bich (?:muss|musste) (?:das |dies |leider )*ablehnen\b",
    r"\b(?:ich bin|bin ich) (?:leider )?nicht in der lage\b",
)
_REFUSAL = re.compile("|".join((*_ENGLISH, *_GERMAN)), re.IGNORECASE | re.MULTILINE)

_NOT = "(?:can't|cannot|won't|couldn't|can not)"
_IDIOMS = re.compile(
    _any(
        rf"\bI {_NOT} tell you (?:how (?!to\b)\w+|what (?:a|that|this|it) \w+|the number of)",
        rf"\bI {_NOT} (?:help (?:but|\w+ing)|recommend \w+ (?:highly )?enough)\b",
        r"\b(?:ich kann|kann ich) (?:dir |ihnen |euch )?(?:gar )?nicht sagen, wie\b",
    ),
    re.IGNORECASE,
)
"""What begins as a refusal does and is none: “I can't tell you how glad I am”."""


def looks_like_a_refusal(text: str) -> bool:
    """Also for a reply that leaves its role to say that it is a language model."""
    text = re.sub(r"[^\S\n]+", " ", plain(text))
    return bool(_REFUSAL.search(_IDIOMS.sub(" ", text)))
