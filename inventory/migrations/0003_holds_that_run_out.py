from django.db import migrations, models


class Migration(migrations.Migration):
    """Let a hold have an end, and let its goods be taken again: once per turn, as the ledger says."""

    dependencies = (("inventory", "0002_append_only_ledger"),)
    operations = (
        migrations.AddField("reservation", "expires_at", models.DateTimeField(null=True)),
        migrations.AddField("reservation", "turn", models.PositiveSmallIntegerField(default=1, db_default=1)),
        migrations.AlterField(
            "reservation",
            "state",
            models.CharField(
                choices=[
                    ("active", "Active"),
                    ("released", "Released"),
                    ("shipped", "Shipped"),
                    ("rejected", "Rejected"),
                    ("expired", "Expired"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            "reservation",
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state="active", expires_at__isnull=False),
                name="reservation_runs_out",
            ),
        ),
        migrations.AddConstraint(
            "reservation",
            models.CheckConstraint(
                condition=~models.Q(state="expired") | models.Q(expires_at__isnull=False),
                name="reservation_had_an_end",
            ),
        ),
        migrations.AddField(
            "stockmovement", "turn", models.PositiveSmallIntegerField(default=1, db_default=1)
        ),
        migrations.AddConstraint(
            "stockmovement",
            models.UniqueConstraint(
                fields=("reference", "kind", "item", "turn"), name="movement_once_per_turn"
            ),
        ),
        migrations.RemoveConstraint("stockmovement", "movement_once_per_reference"),
    )
