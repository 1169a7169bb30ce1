"""A witness: a subscription like any other, which notes what it gets and when."""

from eventbus import Envelope, subscribe
from orders.events import OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped
from tests.chaos.apps import WITNESS
from tests.chaos.models import Witnessed


@subscribe(name=WITNESS)
def witness(event: OrderPlaced | OrderConfirmed | OrderShipped | OrderCancelled, envelope: Envelope) -> None:
    """Note the revision."""
    Witnessed.objects.create(stream=envelope.stream, revision=envelope.revision)
