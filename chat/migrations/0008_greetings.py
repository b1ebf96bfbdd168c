

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0007_kept_sessions'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='greeting',
            field=models.JSONField(null=True),
        ),
    ]
