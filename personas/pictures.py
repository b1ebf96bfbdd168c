"""Uploaded pictures: whatever came in, what is kept is a small WebP made here."""

import io
import struct
from typing import IO

from PIL import Image, ImageOps

from core.errors import InvalidInput, TooLarge
from personas import limits

SIDE = 192
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, struct.error)


def make_avatar(upload: IO[bytes]) -> bytes:
    """A square WebP of the picture's middle, without the original's metadata.

    Raises `TooLarge` or `InvalidInput` with a message for whoever uploaded it.
    """
    content = upload.read(limits.PICTURE_BYTES + 1)
    if len(content) > limits.PICTURE_BYTES:
        raise TooLarge("The picture is larger than 5 MB.", code="picture_too_large")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_pixels(image)
            return _encode(_square(image))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _UNREADABLE as error:
        raise InvalidInput(
            "This is not a picture VALIS can read. Use a PNG, JPEG, WebP or GIF file.",
            code="picture_unreadable",
        ) from error


def _check_pixels(image: Image.Image) -> None:
    """Before decoding: a few kilobytes can unpack into gigabytes."""
    if image.width * image.height > limits.PICTURE_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> TooLarge:
    return TooLarge("The picture has too many pixels; 40 million is the limit.", code="picture_too_large")


def _square(image: Image.Image) -> Image.Image:
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    upright = ImageOps.exif_transpose(image)
    return ImageOps.fit(upright.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS)


def _encode(image: Image.Image) -> bytes:
    image.info.clear()
    webp = io.BytesIO()
    image.save(webp, "WEBP", quality=85, method=4)
    return webp.getvalue()
