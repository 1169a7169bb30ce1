"""What inventory does when it is asked to."""

from eventbus import Reject, handles
from inventory import services
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.errors import InvalidQuantity, NothingReserved

# The stockroom is locked for as long as a batch takes: a tenth of a second, rather than a second.
BATCH = 50


@handles(batch=BATCH)
def reserve_stock(command: ReserveStock) -> None:
    """Hold what the order wants, or say what is missing."""
    services.serve_alone()
    try:
        services.reserve_stock(order_id=command.order_id, lines=command.lines)
    except InvalidQuantity as refusal:
        raise Reject(str(refusal)) from refusal


@handles(batch=BATCH)
def release_stock(command: ReleaseStock) -> None:
    """Give back what the order held."""
    services.serve_alone()
    services.release_stock(order_id=command.order_id)


@handles(batch=BATCH)
def ship_stock(command: ShipStock) -> None:
    """Let the order's goods leave the shelf."""
    services.serve_alone()
    try:
        services.ship_stock(order_id=command.order_id)
    except NothingReserved as refusal:
        raise Reject(str(refusal)) from refusal
