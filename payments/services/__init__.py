"""What can be done with payments."""

from payments.services.elsewhere import follow_failure, follow_payment, follow_refund, open_payment
from payments.services.inbox import read_notice, read_notices_again, receive_notices
from payments.services.refunding import (
    book_refund,
    credit_account,
    fail_refund,
    refund_payment,
    refuse_refund,
    reserve_refund,
)
from payments.services.requesting import MAX_AMOUNT, request_payment, tokenise, try_another_card
from payments.services.settling import (
    cancel_account_payment,
    charge_account,
    look_up,
    record_cancellation,
    settle,
)

__all__ = [
    "MAX_AMOUNT",
    "book_refund",
    "cancel_account_payment",
    "charge_account",
    "credit_account",
    "fail_refund",
    "follow_failure",
    "follow_payment",
    "follow_refund",
    "look_up",
    "open_payment",
    "read_notice",
    "read_notices_again",
    "receive_notices",
    "record_cancellation",
    "refund_payment",
    "refuse_refund",
    "request_payment",
    "reserve_refund",
    "settle",
    "tokenise",
    "try_another_card",
]
