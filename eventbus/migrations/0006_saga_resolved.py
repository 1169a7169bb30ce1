from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eventbus", "0005_checkpoint_types")]

    operations = [
        migrations.AlterField(
            model_name="sagastate",
            name="status",
            field=models.CharField(
                choices=[("running", "Running"), ("completed", "Completed"), ("resolved", "Resolved")],
                default="running",
                max_length=9,
            ),
        ),
    ]
