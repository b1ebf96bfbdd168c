import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import InvalidInput, TooLarge
from personas.pictures import make_avatar
from tests.personas.conftest import picture_bytes


def read(webp) -> Image.Image:
    image = Image.open(io.BytesIO(webp))
    image.load()
    return image


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_accepted_format_becomes_a_small_square_webp(form):
    image = read(make_avatar(io.BytesIO(picture_bytes((640, 80), form))))
    assert (image.format, image.size) == ("WEBP", (192, 192))


def test_nothing_of_the_originals_metadata_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    webp = make_avatar(io.BytesIO(picture_bytes(form="JPEG", exif=exif, icc_profile=b"profile " * 20)))
    assert not read(webp).getexif()
    assert "icc_profile" not in read(webp).info
    assert b"home" not in webp


def test_a_picture_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (200, 200), "white")
    sideways.paste("black", (0, 0, 200, 60))
    content = io.BytesIO()
    sideways.save(content, "JPEG", exif=exif)
    content.seek(0)
    upright = read(make_avatar(content)).convert("L")
    assert upright.getpixel((180, 96)) < 60
    assert upright.getpixel((10, 96)) > 200


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg/>", picture_bytes(form="BMP")])
def test_what_is_not_an_accepted_picture_is_refused_in_words(content):
    with pytest.raises(InvalidInput, match="Use a PNG, JPEG, WebP or GIF file"):
        make_avatar(io.BytesIO(content))


@given(st.data())
def test_a_damaged_picture_is_refused_and_never_crashes(data):
    form = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
    whole = bytearray(picture_bytes((20, 20), form))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidInput, TooLarge):
        make_avatar(io.BytesIO(bytes(whole[: data.draw(st.integers(1, len(whole)))])))


def test_a_file_over_five_megabytes_is_refused_unread():
    with pytest.raises(TooLarge, match="5 MB"):
        make_avatar(io.BytesIO(b"\x89PNG" + bytes(5 * 1024 * 1024)))


def png_chunk(name, content) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.mark.parametrize("side", [7_000, 60_000])
def test_a_small_file_with_huge_dimensions_is_refused_before_it_is_unpacked(side):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(100)))
    with pytest.raises(TooLarge, match="too many pixels"):
        make_avatar(io.BytesIO(bomb))
