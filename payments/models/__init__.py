"""Payments with their ledger, and credits to accounts."""

from payments.models.credit import AccountCredit
from payments.models.payment import EntryKind, Payment, PaymentEntry, PaymentMethod, PaymentState

__all__ = ["AccountCredit", "EntryKind", "Payment", "PaymentEntry", "PaymentMethod", "PaymentState"]
