"""What a survey asks and thanks with stands in its versions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("surveys", "0004_first_versions")]

    operations = [
        migrations.RemoveField(model_name="survey", name="question"),
        migrations.RemoveField(model_name="survey", name="comment_question"),
        migrations.RemoveField(model_name="survey", name="thanks"),
    ]
