"""The inbox of webhooks."""

import uuid

from django.db import migrations, models

import eventbus


class Migration(migrations.Migration):
    dependencies = (("payments", "0003_attempts_and_refunds"),)

    operations = (
        migrations.CreateModel(
            name="InboxNotice",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("provider", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=255)),
                ("kind", models.CharField(max_length=100)),
                ("payment_id", models.UUIDField(db_index=True, null=True)),
                ("reference", models.CharField(blank=True, default="", max_length=255)),
                ("body", models.BinaryField()),
                ("headers", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("done", "Done"),
                            ("parked", "Parked"),
                            ("failed", "Failed"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("remark", models.CharField(blank=True, default="", max_length=500)),
                ("received_at", models.DateTimeField(default=eventbus.current_time)),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "webhook",
                "indexes": [models.Index(fields=["state", "-received_at"], name="inbox_notice_state")],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "event_id"), name="inbox_notice_once")
                ],
            },
        ),
    )
