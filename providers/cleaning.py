"""Text from a provider, made fit for every database and encoder."""

import codecs

codecs.lookup("utf-16-le")  # loaded here, not by the first emoji of a stream


def _is_high(character: str) -> bool:
    return "\ud800" <= character <= "\udbff"


class TextCleaner:
    """Joins surrogate pairs that arrive in two pieces; drops NUL and halves that stay alone.

    Servers that escape non-ASCII in JSON may cut between the two halves of an emoji.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        if not self._half and text.isascii():
            return text.replace("\x00", "") if "\x00" in text else text
        text = self._half + text
        self._half = ""
        if text and _is_high(text[-1]):
            self._half, text = text[-1], text[:-1]
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        return joined.replace("\x00", "")
