import json
from typing import Any

from django.db import migrations, models

MOST, LONGEST = 20, 8_000


def fill(apps: Any, schema_editor: Any) -> None:
    cards = apps.get_model("personas", "Card").objects
    for card in cards.exclude(original="").iterator(chunk_size=20):
        whole = json.loads(card.original)
        data = whole.get("data") if "spec" in whole else whole
        texts = data.get("alternate_greetings") if isinstance(data, dict) else None
        if not isinstance(texts, list):
            continue
        kept = (_storable(each)[:LONGEST] for each in texts if isinstance(each, str))
        if found := list(filter(None, kept))[:MOST]:
            cards.filter(pk=card.pk).update(greetings=found)


def _storable(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each in "\n\t" or each.isprintable()).strip()


class Migration(migrations.Migration):
    dependencies = [("personas", "0006_cards")]
    operations = [
        migrations.AddField("card", "greetings", models.JSONField(blank=True, default=list)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
