import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eventbus", "0004_delivery_indexes")]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=120), default=list, size=None
            ),
        ),
    ]
