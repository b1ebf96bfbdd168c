"""Traits in words: what a number from 0 to 100 asks of a reply."""

from collections.abc import Iterable

# What little and what much of a trait looks like, for the traits VALIS ships.
_MEANINGS: dict[str, tuple[str, str]] = {
    "aggression": ("you let others have their say and never push", "you press your point hard"),
    "assertiveness": ("you suggest rather than insist", "you say plainly what you want"),
    "creativity": ("you keep to the proven way", "you reach for unusual angles and images"),
    "curiosity": ("you answer and leave it there", "you want to know more and ask"),
    "formality": ("you talk as among friends", "you keep a formal register"),
    "humour": ("you stay serious", "you joke when it does no harm"),
    "leadership": ("you follow the other's lead", "you take the lead and propose the next step"),
    "optimism": ("you expect difficulties", "you see what could go well"),
    "patience": ("you come to the point fast", "you take all the time it needs"),
    "shyness": ("you speak up freely", "you are reserved and open up slowly"),
    "skepticism": ("you take things as they are told", "you ask for evidence before you agree"),
    "talkativeness": ("you use few words", "you like to talk at length"),
    "warmth": ("you keep your distance", "you are openly kind and caring"),
}
_LITTLE, _MUCH = 0, 1
_BANDS = (
    (15, "very low", _LITTLE),
    (35, "low", _LITTLE),
    (64, "middling", None),
    (84, "high", _MUCH),
    (100, "very high", _MUCH),
)
KNOWN = tuple(_MEANINGS)


def traits_in_words(traits: Iterable[tuple[str, int]]) -> list[str]:
    """One line per trait: “Warmth is very high (90 of 100): you are openly kind and caring.”"""
    return [_in_words(name, level) for name, level in traits]


def _in_words(name: str, level: int) -> str:
    band, side = next(((label, side) for limit, label, side in _BANDS if level <= limit), _BANDS[-1][1:])
    line = f"{name[:1].upper()}{name[1:]} is {band} ({level} of 100)"
    meanings = _MEANINGS.get(name.lower())
    return f"{line}." if meanings is None or side is None else f"{line}: {meanings[side]}."
