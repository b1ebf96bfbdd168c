import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def keep_present_version(apps, schema_editor):
    """So that the first change after this can be taken back as well."""
    versions = apps.get_model("personas", "HistoricalCard").objects
    for values in apps.get_model("personas", "Card").objects.values("id", "persona_id", "original").iterator(20):
        versions.create(
            **values, history_type="+", history_date=timezone.now(), history_change_reason="as it was"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('personas', '0008_memory'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalCard',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('original', models.TextField(blank=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('persona', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='personas.persona')),
            ],
            options={
                'verbose_name': 'historical card',
                'verbose_name_plural': 'historical cards',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(keep_present_version, migrations.RunPython.noop, elidable=True),
    ]
