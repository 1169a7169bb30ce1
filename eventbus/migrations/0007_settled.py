from django.db import migrations, models

import eventbus.models


class Migration(migrations.Migration):
    dependencies = [("eventbus", "0006_saga_resolved")]

    operations = [
        migrations.AddField(
            model_name="cluster",
            name="settled_position",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="cluster",
            name="settled_xid",
            field=eventbus.models.Xid8Field(null=True),
        ),
    ]
