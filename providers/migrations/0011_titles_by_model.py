from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0010_memory'),
    ]

    operations = [
        migrations.AddField(
            model_name='enginesettings',
            name='titles_by_model',
            field=models.BooleanField(default=False, help_text='After the first reply the model is asked once more, for a title of the chat.', verbose_name='titles by a model'),
        ),
    ]
