from django.db import migrations, models

from accounts.audit.triggers import create_triggers, drop_triggers


def create(apps, schema_editor):
    create_triggers(schema_editor.connection)


def drop(apps, schema_editor):
    drop_triggers(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='when')),
                ('actor_id', models.BigIntegerField(db_index=True, null=True)),
                ('actor', models.CharField(blank=True, max_length=150, verbose_name='who')),
                ('action', models.CharField(max_length=60, verbose_name='what')),
                ('target_type', models.CharField(blank=True, max_length=100)),
                ('target_id', models.CharField(blank=True, max_length=64)),
                ('target', models.CharField(blank=True, max_length=200, verbose_name='of what')),
                ('details', models.JSONField(default=dict)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('client', models.CharField(blank=True, max_length=200)),
                ('request_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit log',
                'ordering': ['-pk'],
                'default_permissions': ('view',),
            },
        ),
        # SQLite forgets them when a later migration alters the table: create them again there.
        migrations.RunPython(create, drop),
    ]
