"""Payments with their ledger and refunds, and credits to accounts."""

from payments.models.credit import AccountCredit
from payments.models.inbox import InboxNotice, NoticeState
from payments.models.payment import (
    EntryKind,
    Payment,
    PaymentEntry,
    PaymentMethod,
    PaymentState,
    state_told_by,
)
from payments.models.refund import Refund, RefundState

__all__ = [
    "AccountCredit",
    "EntryKind",
    "InboxNotice",
    "NoticeState",
    "Payment",
    "PaymentEntry",
    "PaymentMethod",
    "PaymentState",
    "Refund",
    "RefundState",
    "state_told_by",
]
