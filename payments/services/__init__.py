"""What can be done with payments."""

from payments.services.paying import (
    cancel_account_payment,
    charge_account,
    credit_account,
    record_cancellation,
    record_capture,
    record_decline,
    request_payment,
    tokenise,
)

__all__ = [
    "cancel_account_payment",
    "charge_account",
    "credit_account",
    "record_cancellation",
    "record_capture",
    "record_decline",
    "request_payment",
    "tokenise",
]
