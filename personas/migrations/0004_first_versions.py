from django.db import migrations
from django.utils import timezone


def keep_present_version(apps, schema_editor):
    """So that the first change after this can be taken back as well."""
    persona_model = apps.get_model("personas", "Persona")
    version_model = apps.get_model("personas", "HistoricalPersona")
    own = {field.attname for field in version_model._meta.fields}
    names = [field.attname for field in persona_model._meta.fields if field.attname in own]
    for values in persona_model.objects.values(*names):
        version_model.objects.create(
            **values, history_type="+", history_date=timezone.now(), history_change_reason="as it was"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('personas', '0003_history'),
    ]

    operations = [
        migrations.RunPython(keep_present_version, migrations.RunPython.noop),
    ]
