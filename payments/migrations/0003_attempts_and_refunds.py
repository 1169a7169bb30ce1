"""Several attempts to pay an order, the processor of each, and refunds of parts."""

import django.db.models.deletion
from django.db import migrations, models

import eventbus

# Until now an order had one payment, every card was the sandbox's, and what was given back was not asked for
# beforehand.
_FILL = """
UPDATE payments_payment AS payment
SET refunds_requested = refunded, settles = captured > 0 OR state = 'captured',
    provider = CASE method WHEN 'card' THEN 'sandbox' ELSE '' END,
    reference = CASE method WHEN 'card' THEN coalesce(
        (SELECT max(reference) FROM payments_paymententry WHERE payment_id = payment.id), '') ELSE '' END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_ledger_is_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "Requested"), ("done", "Done"), ("failed", "Failed")],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("failure", models.CharField(blank=True, default="", max_length=500)),
                ("requested_at", models.DateTimeField(default=eventbus.current_time)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("requested_at",),
            },
        ),
        migrations.AlterModelOptions(
            name="payment",
            options={"permissions": (("refund_payment", "Can give money back"),)},
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="payment_refunded_within_captured",
        ),
        migrations.AddField(
            model_name="payment",
            name="challenge_url",
            field=models.CharField(blank=True, default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="payment",
            name="provider",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="payment",
            name="reference",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunds_requested",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="payment",
            name="replaced",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="payment",
            name="return_url",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            model_name="payment",
            name="settles",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="payment",
            name="order_id",
            field=models.UUIDField(db_index=True),
        ),
        migrations.AlterField(
            model_name="payment",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("challenged", "waiting for the shopper's bank"),
                    ("authorised", "Authorised"),
                    ("declined", "Declined"),
                    ("captured", "Captured"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="paymententry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("challenged", "Challenged"),
                    ("authorised", "Authorised"),
                    ("captured", "Captured"),
                    ("declined", "Declined"),
                    ("refunded", "Refunded"),
                    ("cancelled", "Cancelled"),
                    ("duplicated", "Duplicated"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="paymententry",
            name="reference",
            field=models.CharField(max_length=300),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced", False)),
                fields=("order_id",),
                name="payment_one_current_per_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("provider", "reference"),
                name="payment_one_per_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaced", False), ("settles", False), _connector="OR"),
                name="payment_replaced_never_settles",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("captured__lte", models.F("amount"))),
                name="payment_captured_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded__gte", 0),
                    ("refunded__lte", models.F("refunds_requested")),
                    ("refunds_requested__lte", models.F("captured")),
                ),
                name="payment_refunded_within_captured",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="payments.payment"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_of_something"
            ),
        ),
    ]
