"""What inventory does when it is asked to."""

from collections.abc import Generator
from contextlib import contextmanager

from eventbus import Reject, handles
from inventory import services
from inventory.commands import ReleaseStock, ReserveStock, ReturnStock, ShipStock
from inventory.errors import InventoryError

# The stockroom is locked for as long as a batch takes: a tenth of a second, rather than a second.
BATCH = 50


@contextmanager
def at_once() -> Generator[None]:
    """Asking again cannot turn a refusal round."""
    try:
        yield
    except InventoryError as refusal:
        raise Reject(str(refusal)) from refusal


# A batch moves stock many times in one transaction: each of its verbs keeps everybody else out.


@handles(batch=BATCH)
def reserve_stock(command: ReserveStock) -> None:
    """Hold what the order wants, or say what is missing."""
    with at_once():
        services.reserve_stock(
            order_id=command.order_id, lines=command.lines, hold_seconds=command.hold_seconds, alone=True
        )


@handles(batch=BATCH)
def release_stock(command: ReleaseStock) -> None:
    """Give back what the order held."""
    with at_once():
        services.release_stock(order_id=command.order_id, alone=True)


@handles(batch=BATCH)
def ship_stock(command: ShipStock) -> None:
    """Let the order's goods leave the shelf."""
    with at_once():
        services.ship_stock(order_id=command.order_id, alone=True)


@handles(batch=BATCH)
def return_stock(command: ReturnStock) -> None:
    """Put what came back on the shelf again."""
    with at_once():
        services.serve_alone()
        services.return_stock(return_id=command.return_id, lines=command.lines, reason=command.reason)
