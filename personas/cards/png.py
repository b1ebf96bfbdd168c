"""Texts inside PNG files. Nothing is unpacked: compressed chunks are left alone."""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator

from personas import limits
from personas.cards.checking import broken, too_large

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAME = 12
"""Bytes of a chunk besides its content: length, type, check sum."""


def texts_in(png: bytes) -> dict[str, str]:
    """The `tEXt` chunks, by keyword; of several with the same one the first. Check sums must be right."""
    texts: dict[str, str] = {}
    for kind, content in _chunks(png):
        if kind == b"tEXt":
            keyword, _, text = content.partition(b"\0")
            texts.setdefault(keyword.decode("latin-1"), text.decode("latin-1"))
    return texts


def with_texts(png: bytes, texts: dict[str, str]) -> bytes:
    """The picture with these texts, which are in Latin-1, before its end."""
    end = png.rindex(b"IEND") - 4
    added = b"".join(
        _chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))
        for keyword, text in texts.items()
    )
    return png[:end] + added + png[end:]


def packed(text: str) -> str:
    """As cards are put into pictures."""
    return base64.b64encode(text.encode()).decode("ascii")


def unpacked(text: str) -> str:
    """Raises `InvalidInput`."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError) as error:
        raise broken("The card in this picture is damaged: it is not base64 of a text.") from error


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    for _ in range(limits.CARD_CHUNKS):
        if at + _FRAME > len(png):
            raise broken("This PNG file ends in its middle.")
        length, kind = struct.unpack_from(">I4s", png, at)
        if at + _FRAME + length > len(png):
            raise broken("This PNG file ends in its middle.")
        content = png[at + 8 : at + 8 + length]
        (check_sum,) = struct.unpack_from(">I", png, at + 8 + length)
        if zlib.crc32(content, zlib.crc32(kind)) != check_sum:
            raise broken("This PNG file is damaged: a check sum is wrong.")
        if kind == b"IEND":
            return
        yield kind, content
        at += _FRAME + length
    raise too_large(f"This PNG file has more than {limits.CARD_CHUNKS:,} parts.")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
