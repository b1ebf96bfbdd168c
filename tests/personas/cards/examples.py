"""Cards as other tools write them, by the specifications."""

import base64
import json
import struct
import zlib
from typing import Any

from tests.personas.conftest import picture_bytes

V1: dict[str, Any] = {
    "name": "Wren",
    "description": "{{char}} is a lighthouse keeper.\r\nShe keeps a log of every ship.",
    "personality": "wry, patient",
    "scenario": "<USER> has rowed to the island of <BOT>.",
    "first_mes": "Mind the steps, {{user}}.  ",
    "mes_example": "<START>\n{{user}}: Is it lonely?\n{{char}}: Only when the fog talks back.",
    "create_date": "2023-5-1 @12h 0m",
    "talkativeness": "0.5",
}

BOOK: dict[str, Any] = {
    "name": "The island",
    "scan_depth": 2,
    "token_budget": 500,
    "recursive_scanning": False,
    "extensions": {"some_tool": {"depth": 3}},
    "entries": [
        {
            "keys": ["lamp", "lens"],
            "content": "The lamp was built by {{char}}'s mother.",
            "extensions": {},
            "enabled": True,
            "insertion_order": 10,
            "case_sensitive": False,
            "name": "lamp",
            "priority": 5,
            "id": 1,
            "comment": "",
            "selective": True,
            "secondary_keys": ["mother", "built"],
            "constant": False,
            "position": "after_char",
        },
        {
            "keys": [],
            "content": "It is always autumn on the island.",
            "extensions": {"x": 1.5},
            "enabled": True,
            "insertion_order": 1,
            "constant": True,
            "position": "before_char",
        },
        {
            "keys": ["never"],
            "content": "Off.",
            "extensions": {},
            "enabled": False,
            "insertion_order": 0,
        },
    ],
}

FIELDS_OF_V1 = ("name", "description", "personality", "scenario", "first_mes", "mes_example")

V2: dict[str, Any] = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "name": "Wren",  # many tools repeat fields of V1 beside “data”
    "data": {
        **{key: V1[key] for key in FIELDS_OF_V1},
        "creator_notes": "Best with {{user}} as a sailor. Ü, 雪, 🦉",
        "system_prompt": "Write as {{char}}. {{original}}",
        "post_history_instructions": "Keep it short.",
        "alternate_greetings": ["The fog is in.", "You again."],
        "character_book": BOOK,
        "tags": ["sea", "Calm"],
        "creator": "somebody",
        "character_version": "1.2",
        "extensions": {"fav": True, "depth_prompt": {"prompt": "salt", "depth": 4}, "other/voice": None},
    },
}

V3: dict[str, Any] = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        **V2["data"],
        "nickname": "Wrennie",
        "assets": [
            {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"},
            {"type": "background", "uri": "https://example.org/sea.png", "name": "sea", "ext": "png"},
        ],
        "creator_notes_multilingual": {"de": "Am besten als Seemann."},
        "source": ["https://example.org/wren"],
        "group_only_greetings": ["Both of you?"],
        "creation_date": 1700000000,
        "modification_date": 0,
        "character_book": {
            **BOOK,
            "entries": [
                {
                    "keys": [r"/\bship(s|ping)?\b/i"],
                    "content": "@@depth 2\nShips pass on Tuesdays.",
                    "extensions": {},
                    "enabled": True,
                    "insertion_order": 3,
                    "use_regex": True,
                },
                {
                    "keys": ["(a+)+$"],
                    "content": "Never seen.",
                    "extensions": {},
                    "enabled": True,
                    "insertion_order": 4,
                    "use_regex": True,
                },
            ],
        },
        "a_field_of_tomorrow": {"deep": [1, 2.5, None, True]},
    },
}
CARDS = {"V1": V1, "V2 with a book": V2, "V3 with assets": V3}


def as_json(card: Any) -> bytes:
    return json.dumps(card, ensure_ascii=False).encode()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def as_png(**cards: Any) -> bytes:
    """A picture with cards in it, by keyword."""
    png = picture_bytes((300, 400))
    texts = (
        chunk(b"tEXt", keyword.encode() + b"\0" + base64.b64encode(as_json(card)))
        for keyword, card in cards.items()
    )
    return png[:-12] + b"".join(texts) + png[-12:]


def cards_of(png: bytes) -> dict[str, Any]:
    """Read without the code that is tested."""
    found, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack_from(">I", png, at + 8 + length)[0]
        if kind == b"tEXt":
            keyword, _, text = content.partition(b"\0")
            found[keyword.decode()] = json.loads(base64.b64decode(text))
        at += 12 + length
    return found
