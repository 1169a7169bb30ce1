from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_BATCH = 5_000


def stamp(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rows of the shape before are of this one already: their events name no customer, nor do they."""
    orders = apps.get_model("orders", "Order").objects
    before = orders.filter(schema=2).values_list("pk", flat=True)
    while orders.filter(pk__in=list(before[:_BATCH])).update(schema=3):
        pass


class Migration(migrations.Migration):
    # In batches, each by itself: nobody waits for a million rows.
    atomic = False

    dependencies = [
        ("orders", "0005_owners"),
    ]

    operations = [migrations.RunPython(stamp, migrations.RunPython.noop)]
