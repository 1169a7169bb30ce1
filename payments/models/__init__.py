"""Payments with their ledger and refunds, and credits to accounts."""

from payments.models.credit import AccountCredit
from payments.models.inbox import InboxNotice, NoticeState
from payments.models.payment import Payment, PaymentEntry
from payments.models.refund import Refund, RefundState
from payments.models.states import EntryKind, PaymentMethod, PaymentState, state_told_by

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
