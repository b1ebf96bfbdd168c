"""A persona as a file: what came with its card stays as it came, except for what was changed here."""

import base64
import io
import json
import re
from copy import deepcopy
from typing import Any

import yaml
from PIL import Image, ImageDraw, ImageFont

from personas.cards import png
from personas.cards.mapping import OURS, WORDS, data_of, fields_of, ours_in
from personas.cards.reading import OWN, V2, V3, Incoming
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from personas.shipped_files import KEYS

FORMS = {
    "json": ("application/json", "json"),
    "yaml": ("application/yaml", "yaml"),
    "card-v2": ("application/json", "json"),
    "card-v3": ("application/json", "json"),
    "png": ("image/png", "png"),
}
"""Media type and ending of each form there is."""

_SIDE = 384
_COLOURS = {
    "teal": "#0c6b66",
    "blue": "#1f5fa8",
    "indigo": "#4350b0",
    "violet": "#7040ab",
    "rose": "#a8336f",
    "coral": "#ab3d2c",
    "olive": "#5d6619",
    "amber": "#825a06",
    "green": "#2d6e33",
    "slate": "#4c5a66",
}
_FOR_V3 = (
    "This character card is Character Card V3, but it is loaded as a Character Card V2. Use an application "
    "that knows V3 to have all of it."
)
_TEXTS = ("name", *(theirs for theirs, _ in WORDS.values()), "creator_notes", "creator", "character_version")
_THEIRS = {ours: theirs for ours, (theirs, _) in WORDS.items()} | {
    each: each for each in ("name", "tags", "nickname")
}


def written(persona: Persona, form: str) -> bytes:
    """`form` is one of `FORMS`."""
    original = original_card(persona)
    if form == "json":
        return _json(_own_form(persona, original), indent=2).encode()
    if form == "yaml":
        return yaml_of(_own_form(persona, original)).encode()
    if form == "png":
        return _picture_with_cards(persona, original)
    return _json(as_card(persona, original, V2 if form == "card-v2" else V3), indent=2).encode()


def as_payload(incoming: Incoming) -> str:
    """A file that was read, in our own form, so that a page can hold it until it is saved."""
    whole: dict[str, Any] = {"spec": OWN, "persona": incoming.own, "card": incoming.card}
    whole |= {"golden_dialogues": incoming.dialogues}
    return _json(whole | {"picture": base64.b64encode(incoming.picture).decode("ascii")})


def yaml_of(value: Any) -> str:
    """Line ends that only YAML takes for such are escaped, or they would come back as spaces."""
    is_plain = not re.search("[\x85\u2028\u2029]", _json(value))
    return yaml.safe_dump(value, allow_unicode=is_plain, sort_keys=False)


def original_card(persona: Persona) -> dict[str, Any]:
    card = getattr(persona, "card", None)
    return dict(json.loads(card.original)) if card and card.original else {}


def as_card(persona: Persona, original: dict[str, Any], spec: str) -> dict[str, Any]:
    whole = deepcopy(original) if "spec" in original else {}
    data = deepcopy(data_of(original))
    data |= {name: value for name, value in _empty(spec).items() if name not in data}
    changed = _changes(persona, original)
    for ours, theirs in _THEIRS.items():
        if ours in changed:
            data[theirs] = changed[ours]
            if theirs in whole:  # older tools read the fields of V1 beside “data”
                whole[theirs] = changed[ours]
    if ours_now := ours_in(data) | {name: changed[name] for name in OURS if name in changed}:
        others = data["extensions"] if isinstance(data["extensions"], dict) else {}
        data["extensions"] = others | {"valis": ours_now}
    return whole | {"spec": spec, "spec_version": _version(original, spec), "data": data}


def _empty(spec: str) -> dict[str, Any]:
    """Fields that every card has."""
    data: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    data |= {"alternate_greetings": [], "tags": [], "extensions": {}}
    return data | ({"group_only_greetings": []} if spec == V3 else {})


def _version(original: dict[str, Any], spec: str) -> Any:
    if original.get("spec") == spec and "spec_version" in original:
        return original["spec_version"]
    return "2.0" if spec == V2 else "3.0"


def _changes(persona: Persona, original: dict[str, Any]) -> dict[str, Any]:
    """What is not as the card alone would make it."""
    blank = Persona(name="", colour="")
    came = fields_of(original) if original else {}
    return {
        name: value
        for name in KEYS
        if _plain(value := getattr(persona, name)) != _plain(came.get(name, getattr(blank, name)))
    }


def _plain(value: Any) -> Any:
    """Forms of browsers send other line ends, and take spaces from both ends."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _own_form(persona: Persona, original: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "spec": OWN,
        "spec_version": "1.0",
        "persona": {name: getattr(persona, name) for name in KEYS},
    }
    if dialogues := golden_dialogues(persona):
        whole["golden_dialogues"] = [_without_empty(each.to_json()) for each in dialogues]
    if original:
        whole["card"] = original
    if persona.picture_digest:
        whole["picture"] = base64.b64encode(bytes(persona.picture)).decode("ascii")
    return whole


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _picture_with_cards(persona: Persona, original: dict[str, Any]) -> bytes:
    older, newer = as_card(persona, original, V2), as_card(persona, original, V3)
    if original.get("spec") == V3:
        notes = older["data"]["creator_notes"]
        older["data"]["creator_notes"] = "\n\n".join([_FOR_V3, *([notes] if isinstance(notes, str) else [])])
    texts = {"chara": png.packed(_json(older)), "ccv3": png.packed(_json(newer))}
    return png.with_texts(_picture(persona), texts)


def _picture(persona: Persona) -> bytes:
    content = io.BytesIO()
    if persona.picture_digest:
        with Image.open(io.BytesIO(bytes(persona.picture))) as image:
            image.save(content, "PNG")
    else:
        _drawn_initials(persona).save(content, "PNG")
    return content.getvalue()


def _drawn_initials(persona: Persona) -> Image.Image:
    image = Image.new("RGB", (_SIDE, _SIDE), _COLOURS.get(persona.colour, _COLOURS["slate"]))
    if persona.initials.isascii():
        font = ImageFont.load_default(_SIDE * 0.4)
        ImageDraw.Draw(image).text((_SIDE / 2, _SIDE / 2), persona.initials, "white", font, anchor="mm")
    return image


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
