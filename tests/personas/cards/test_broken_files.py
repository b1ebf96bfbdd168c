"""Files that cannot be used are refused with a sentence, and nothing else happens."""

import base64
import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, TooLarge, ValisError
from personas.cards import png
from personas.cards.reading import read_file
from personas.cards.services import import_persona
from personas.models import Persona
from tests.personas.cards.examples import V2, V3, as_json, as_png, chunk
from tests.personas.conftest import picture_bytes

PICTURE = as_png(ccv3=V3)
WITHOUT = picture_bytes()


def with_text(keyword: bytes, text: bytes) -> bytes:
    return WITHOUT[:-12] + chunk(b"tEXt", keyword + b"\0" + text) + WITHOUT[-12:]


def huge_picture() -> bytes:
    """A header that promises 60,000 by 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    card = chunk(b"tEXt", b"ccv3\0" + base64.b64encode(as_json(V3)))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return png.SIGNATURE + chunk(b"IHDR", header) + card + pixels + chunk(b"IEND", b"")


REFUSED = {
    "nothing": (b"", "neither a card nor|holds names"),
    "no text": (b"\xff\xfe\x00\x01", "neither a PNG picture nor a text"),
    "cut JSON": (as_json(V2)[:-5], "not JSON: .*line 1"),
    "a list": (b"[1]", "not a list"),
    "no card": (b'{"a": 1}', "no character card"),
    "another form": (b'{"spec": "chara_card_v9", "data": {}}', "chara_card_v9"),
    "a lorebook alone": (b'{"spec": "lorebook_v3", "data": {}}', "lorebook without a character"),
    "no data": (b'{"spec": "chara_card_v2"}', "no “data”"),
    "no name": (b'{"spec": "chara_card_v3", "data": {"name": " "}}', "names no character"),
    "a number too large": (b'{"name": "x", "description": 1e999}', "not finite"),
    "not a number": (b'{"name": "x", "description": NaN}', "not finite"),
    "a number too long": (b'{"name": "x", "description": ' + b"1" * 5000 + b"}", "too long"),
    "half a character": (b'{"name": "x", "description": "\\ud800"}', "not text"),
    "NUL": (b'{"name": "x", "description": "\\u0000"}', "not text"),
    "a picture without a card": (WITHOUT, "no character card"),
    "a picture with rubbish": (with_text(b"chara", b"%%%"), "not base64"),
    "a picture with no JSON": (with_text(b"chara", base64.b64encode(b"{")), "not JSON"),
    "a picture cut off": (PICTURE[:-20], "ends in its middle"),
    "a wrong check sum": (PICTURE.replace(b"ccv3\0ey", b"ccv3\0eY"), "check sum"),
    "no pixels": (png.SIGNATURE + chunk(b"tEXt", b"ccv3\0" + base64.b64encode(as_json(V3)))
                  + chunk(b"IEND", b""), "damaged"),
    "YAML with an alias": (b"spec: valis_persona\npersona: &a {name: x}\ncard: *a", "alias"),
    "YAML that does more": (b"spec: !!python/object:os.system {}", "neither a card nor"),
    "our form without a name": (b'{"spec": "valis_persona", "persona": {}}', "no name"),
    "a picture that is none": (b'{"spec": "valis_persona", "persona": {"name": "x"}, "picture": "AA=="}',
                               "damaged"),
}  # fmt: skip
TOO_LARGE = {
    "a large file": (b" " * (5 * 1024 * 1024 + 1), "5 MB"),
    "deep JSON": (b'{"name": "x", "description": ' + b"[" * 100_000, "deep"),
    "deep but whole": (b'{"name": "x", "description": ' + b"[" * 40 + b"]" * 40 + b"}", "32 levels"),
    "many values": (b'{"name": "x", "description": [' + b"1," * 60_000 + b"1]}", "50,000 values"),
    "large YAML": (b"a: " + b"x" * 300_000, "YAML"),
    "many parts": (png.SIGNATURE + chunk(b"tEXt", b"") * 6000 + chunk(b"IEND", b""), "parts"),
    "many pixels": (huge_picture(), "pixels"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(content, reason):
    with pytest.raises(InvalidInput, match=reason) as refused:
        read_file(content)
    assert refused.value.code == "card_unreadable"


@pytest.mark.parametrize(("content", "reason"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_much_is_refused_before_it_is_unpacked(content, reason):
    with pytest.raises(TooLarge, match=reason) as refused:
        read_file(content)
    assert refused.value.code == "card_too_large"


@pytest.mark.django_db
def test_a_card_with_values_of_the_wrong_kind_comes_in_without_them():
    data = {**V2["data"], "tags": "sea", "personality": 7, "extensions": None, "character_book": [1]}
    persona = import_persona(as_json(V2 | {"data": data}), by=None).persona

    assert (persona.tags, persona.tone, persona.has_book) == ([], "", False)
    assert json.loads(persona.card.original)["data"] == data


@pytest.mark.django_db
def test_nothing_is_saved_of_a_file_that_is_refused():
    with pytest.raises(InvalidInput):
        import_persona(b"{", by=None)
    assert not Persona.objects.exists()


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: png.SIGNATURE + rest))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_file(content)
    except ValisError as error:
        assert error.code in {"card_unreadable", "card_too_large"}


@given(st.integers(0, len(PICTURE) - 1), st.integers(0, 255))
def test_a_picture_with_one_byte_changed_is_read_or_refused(place, byte):
    changed = bytearray(PICTURE)
    changed[place] = byte
    try:
        assert read_file(bytes(changed)).card == V3
    except ValisError as error:
        assert error.code in {"card_unreadable", "card_too_large"}


@given(st.text(alphabet="spec:valis_prona{}[]&*!|>-\n \"'#%", max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        read_file(text.encode())
    except ValisError as error:
        assert error.code in {"card_unreadable", "card_too_large"}
