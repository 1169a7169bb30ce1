"""What this room does where a message comes in over the bridge: on either side of a split.

Where payments are made, a request becomes the payment before any command about it is heard. On the side that
asks, the rows follow what is told, before any saga hears of it.
"""

from eventbus import arriving
from payments import services
from payments.events import PaymentRefunded, PaymentRequested, RefundFailed
from payments.services.elsewhere import Step


@arriving
def open_payment(event: PaymentRequested) -> None:
    """Note what is due."""
    services.open_payment(event)


@arriving
def follow_payment(event: Step) -> None:
    """Follow a payment."""
    services.follow_payment(event)


@arriving
def follow_refund(event: PaymentRefunded) -> None:
    """Follow money that goes back."""
    services.follow_refund(event)


@arriving
def follow_failure(event: RefundFailed) -> None:
    """Follow a refund that was not made."""
    services.follow_failure(event)
