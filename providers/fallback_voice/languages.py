"""Languages other than English: recognised, and answered with what is honest to say in them."""

import re
import unicodedata

_MOSTLY = 0.5
_ENOUGH = 2
_LATIN = ("LATIN", "FULLWIDTH", "MODIFIER", "FEMININE", "MASCULINE", "")

# By the first word of a letter's Unicode name.
_SCRIPTS = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "GREEK": "el",
}
# Without words that English also has: “die”, “was”, “come”, “no”.
_COMMON_WORDS = {
    "en": "the is are was what how why you i my me a an of to and do does can it this that in for "
    "he she they we on at with be have has not no so about from but or as there would could please",
    "de": "ich du wie ist der das und nicht ein eine mir mein kannst bitte warum wer geht es wir",
    "fr": "je tu vous est le la les un une des et que qui pourquoi moi mon pas avec pour c",
    "es": "yo tú usted es el la los las un una que qué cómo por para mi con está puedes estás eres",
    "it": "io tu è il lo la gli un una che chi perché mi mio non con sono puoi stai sei",
    "pt": "eu você é o os um uma que quem como por para meu não está pode estou são",
    "nl": "ik jij je het een wat hoe waarom wie mijn niet kun voor gaat wij",
    "pl": "ja ty jest jak dlaczego kto mój nie się z czy możesz mi proszę jestem",
}
_GREETINGS = {
    "de": "hallo moin servus tschüss danke",
    "fr": "bonjour salut bonsoir merci",
    "es": "hola gracias adiós buenas buenos",
    "it": "ciao buongiorno grazie",
    "pt": "olá obrigado obrigada",
    "nl": "hoi bedankt goedemorgen",
    "pl": "cześć dzięki hej",
}


def language_of(text: str) -> str:
    """A key of `lines/languages.yaml`, or an empty string for English and for what cannot be told."""
    return _by_script(text) or _by_words(text)


def _by_script(text: str) -> str:
    letters = [character for character in text[:300] if character.isalpha()]
    scripts = [unicodedata.name(letter, "").split(" ", 1)[0].split("-", 1)[0] for letter in letters]
    foreign = [script for script in scripts if script not in _LATIN]
    if not foreign or len(foreign) < len(letters) * _MOSTLY:
        return ""
    if any(script in ("HIRAGANA", "KATAKANA") for script in foreign):
        return "ja"
    most = max(sorted(set(foreign)), key=foreign.count)
    language = _SCRIPTS.get(most, "other")
    return "uk" if language == "ru" and set("іїєґ") & set(text.lower()) else language


def _by_words(text: str) -> str:
    words = re.findall(r"[^\W\d_]+", text[:500].lower())
    hits = {
        language: sum(word in common.split() for word in words) for language, common in _COMMON_WORDS.items()
    }
    for language, greetings in _GREETINGS.items():
        if words and words[0] in greetings.split():
            hits[language] += _ENOUGH
    best = max(hits, key=lambda language: hits[language])
    if best == "en" or hits[best] < _ENOUGH or hits[best] <= hits["en"]:
        return ""
    return best
