"""What goes from one side to the other, and over which broker."""

import os
from typing import Any

from config.settings import EVENTBUS, REDIS_URL

BROKER = os.environ.get("BRIDGE_URL", REDIS_URL)
ASKED = [
    "payments.payment_requested",
    "payments.capture_payment",
    "payments.charge_account",
    "payments.cancel_payment",
    "payments.refund_payment",
    "payments.look_up_payment",
]
"""What the shop asks of payments."""

TOLD = [
    "payments.payment_challenged",
    "payments.payment_authorised",
    "payments.payment_captured",
    "payments.payment_declined",
    "payments.payment_refunded",
    "payments.payment_cancelled",
    "payments.payment_duplicated",
    "payments.refund_failed",
]
"""What payments tell the shop."""


def eventbus(name: str, to: str, send: list[str], receive: list[str], **more: Any) -> dict[str, Any]:
    """The bus of one side, with its bridge."""
    bridge = {"NAME": name, "BROKER": BROKER, "SEND": {to: send}, "RECEIVE": receive, **more}
    if seconds := os.environ.get("BRIDGE_LEASE_SECONDS"):
        bridge["LEASE_SECONDS"] = float(seconds)
    return EVENTBUS | {"BRIDGE": bridge}
