"""What inventory does when it is asked to."""

from eventbus import Reject, handles
from inventory import services
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.errors import InvalidQuantity, NothingReserved


@handles
def reserve_stock(command: ReserveStock) -> None:
    """Hold what the order wants, or say what is missing."""
    try:
        services.reserve_stock(order_id=command.order_id, lines=command.lines)
    except InvalidQuantity as refusal:
        raise Reject(str(refusal)) from refusal


@handles
def release_stock(command: ReleaseStock) -> None:
    """Give back what the order held."""
    services.release_stock(order_id=command.order_id)


@handles
def ship_stock(command: ShipStock) -> None:
    """Let the order's goods leave the shelf."""
    try:
        services.ship_stock(order_id=command.order_id)
    except NothingReserved as refusal:
        raise Reject(str(refusal)) from refusal
