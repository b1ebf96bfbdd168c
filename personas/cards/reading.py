"""A file somebody has brought: what kind it is, and what is in it. Nothing is fetched, and nothing is run."""

import binascii
import io
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.core.exceptions import ValidationError

from core.errors import TooLarge, ValisError
from personas import limits
from personas.cards import png
from personas.cards.checking import broken, checked, json_of, too_large
from personas.golden.checking import checked_dialogues
from personas.pictures import make_avatar

OWN = "valis_persona"
V1, V2, V3 = "chara_card_v1", "chara_card_v2", "chara_card_v3"
_V1_FIELDS = {"description", "personality", "scenario", "first_mes", "mes_example"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that could be read. `card` is empty in one of our own form that never was a card."""

    form: str
    card: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    """Fields of a persona by their own names, from our own form."""
    picture: bytes = b""
    """As avatars are kept."""
    dialogues: list[dict[str, Any]] = field(default_factory=list)
    """Golden dialogues, from our own form."""


def read_file(content: bytes) -> Incoming:
    """Raises `InvalidInput` or `TooLarge`, with a message for whoever brought the file."""
    if len(content) > limits.CARD_BYTES:
        raise too_large("The file is larger than 5 MB.")
    if content.startswith(png.SIGNATURE):
        return _from_picture(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken("This is neither a PNG picture nor a text in UTF-8.") from error
    return _incoming(json_of(text) if text.lstrip()[:1] in ("{", "[") else _yaml_of(text))


def _from_picture(content: bytes) -> Incoming:
    texts = png.texts_in(content)
    packed = texts.get("ccv3") or texts.get("chara")
    if packed is None:
        raise broken("There is no character card in this picture.")
    read = _incoming(json_of(png.unpacked(packed)))
    return Incoming(read.form, read.card, read.own, _avatar(content))


def _yaml_of(text: str) -> Any:
    if len(text.encode()) > limits.CARD_YAML_BYTES:
        raise too_large(f"A YAML file may have {limits.CARD_YAML_BYTES // 1024} KB; JSON may have more.")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise broken("The YAML file uses an alias (*name), which is not possible here.")
        return checked(yaml.safe_load(text))
    except RecursionError as error:
        raise too_large("The file is nested too deep.") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        where = getattr(error, "problem_mark", None)
        place = f", line {where.line + 1}" if where else ""
        raise broken(f"This is neither a card nor a persona in JSON or YAML{place}.") from error


def _incoming(value: Any) -> Incoming:
    if not isinstance(value, dict):
        raise broken("A persona's file holds names with values, not a list or a single value.")
    spec = value.get("spec")
    if spec == OWN:
        return _own(value)
    if spec == "lorebook_v3":
        raise broken("This is a lorebook without a character. Put it into a card first.")
    if spec in (V2, V3):
        data = value.get("data")
        if not isinstance(data, dict):
            raise broken("The card has no “data”.", key="data")
        return _card(str(spec), value, data)
    if spec is not None:
        raise broken(f"The form {str(spec)[:60]!r} is not known here.", key="spec")
    if not _V1_FIELDS & set(value):
        raise broken("This is no character card: it has neither “spec” nor the fields of a card.")
    return _card(V1, value, value)


def _card(form: str, whole: dict[str, Any], data: dict[str, Any]) -> Incoming:
    if not isinstance(data.get("name"), str) or not data["name"].strip():
        raise broken("The card names no character.", key="name")
    return Incoming(form, whole)


def _own(value: dict[str, Any]) -> Incoming:
    own, card, picture = (value.get("persona", {}), value.get("card", {}), value.get("picture", ""))
    if not isinstance(own, dict) or not isinstance(card, dict) or not isinstance(picture, str):
        raise broken("“persona” and “card” hold names with values, and “picture” is a text.")
    if card:
        read = _incoming(card)
        if read.form == OWN:
            raise broken("“card” must be a character card.", key="card")
        form = read.form
    elif isinstance(own.get("name"), str) and own["name"].strip():
        form = OWN
    else:
        raise broken("The persona has no name.", key="name")
    try:
        webp = b64decode(picture, validate=True)
    except (binascii.Error, ValueError) as error:
        raise broken("“picture” is not base64.", key="picture") from error
    return Incoming(form, card, own, _avatar(webp) if webp else b"", _dialogues(value))


def _dialogues(value: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return checked_dialogues(value.get("golden_dialogues", []))
    except ValidationError as error:
        raise broken(f"“golden_dialogues”: {' '.join(error.messages)}", key="golden_dialogues") from error


def _avatar(content: bytes) -> bytes:
    try:
        return make_avatar(io.BytesIO(content))
    except TooLarge as error:
        raise too_large(error.message) from error
    except ValisError as error:
        raise broken("The picture of this file is damaged.") from error
