"""What follows from a sale; with PLANTED_BUG, what a chaos run has to find."""

import os

from eventbus import Envelope, Record, subscribe
from tests.chaos.till.events import Sold
from tests.chaos.till.models import Banked, Receipt

PLANTED_BUG = os.environ.get("PLANTED_BUG", "")


@subscribe
def bank(event: Sold) -> None:
    """Put the money into the vault, once per sale however often this is called."""
    if PLANTED_BUG == "doubles":
        Banked.objects.create(sale_id=event.sale_id, amount=event.amount)
    else:
        Banked.objects.get_or_create(sale_id=event.sale_id, defaults={"amount": event.amount})


@subscribe(external=True, lease_seconds=6)
def print_receipt(event: Sold, envelope: Envelope) -> Record | None:
    """Print it, and note that it was printed."""
    if PLANTED_BUG == "loses" and event.amount % 10 == 0:
        return None
    receipt = Receipt(message_id=envelope.id, amount=event.amount)
    return receipt.save
