from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('personas', '0007_card_greetings'),
        ('usage', '0005_calls_in_drills'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='call',
            name='purpose',
            field=models.CharField(choices=[('chat', 'Chat'), ('test', 'test of a provider'), ('title', 'title of a chat')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('outcome', 'open'), ('purpose', 'title')), fields=['started_at'], name='open_calls_for_titles'),
        ),
    ]
