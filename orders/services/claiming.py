"""Taking a guest's order into an account: only on proof, never because an e-mail address is the same."""

from uuid import UUID

from django.db import transaction

from eventbus import current_time
from orders.events import OrderClaimed
from orders.queries import order_state
from orders.services.conflicts import looking_again
from orders.services.fulfilling import record

BY_LINK, BY_MAILBOX = "link", "mailbox"


@looking_again
@transaction.atomic
def claim_order(*, order_id: UUID, customer_id: int, proof: str) -> None:
    """Let a guest's order belong to an account; harmless when it does already.

    `proof` is how the account showed that the order is its own: BY_LINK, it had the order's signed link, or
    BY_MAILBOX, it reads the mail that the order's address gets. Raises OrderNotFound and OrderAlreadyOwned.
    """
    order = order_state(order_id)
    if order.customer_id == customer_id:
        return
    claimed = OrderClaimed(order_id=order_id, customer_id=customer_id, proof=proof, claimed_at=current_time())
    record(order, claimed)
