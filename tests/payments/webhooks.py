"""Webhooks of the sandbox as a test wants them: rightly signed by default."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test import Client

from payments.gateways.signatures import timestamped_signature
from payments.models import Payment

PATH = "/payments/webhooks/sandbox/"
AMOUNTS = {
    "challenge": (0, 0),
    "authorised": (1234, 0),
    "captured": (1234, 1234),
    "declined": (0, 0),
    "cancelled": (0, 0),
}


def an_event(payment: Payment | UUID, status: str = "captured", **fields: Any) -> dict[str, Any]:
    """What the sandbox tells of a payment over 12.34 pounds."""
    payment_id = payment if isinstance(payment, UUID) else payment.id
    event_id = fields.pop("event_id", f"evt_{payment_id.hex}_{status}")
    authorised, captured = AMOUNTS[status]
    charge = {
        "id": str(payment_id),
        "reference": f"ch_{payment_id.hex}",
        "status": status,
        "currency": "GBP",
        "authorised": authorised,
        "captured": captured,
        "refunded": 0,
        "refunds": [],
    }
    return {"id": event_id, "type": f"charge.{status}", "charge": charge | fields}


def signed(body: bytes, secret: str = "", at: datetime | None = None) -> str:
    """The header that the sandbox would send with a body."""
    return timestamped_signature(secret or settings.SANDBOX_WEBHOOK_SECRETS[0], body, at or datetime.now(UTC))


def post(event: dict[str, Any] | bytes, *, path: str = PATH, **headers: str) -> tuple[int, str]:
    """Send a webhook through the whole shop; returns the status and what it says."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    if not headers.keys() & {"Sandbox-Signature", "Stripe-Signature"}:
        headers["Sandbox-Signature"] = signed(body)
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.content.decode()
