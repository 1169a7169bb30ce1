"""What the checkout saga asks for, one step each."""

from collections.abc import Generator
from contextlib import contextmanager

from eventbus import Record, Reject, handles
from orders import services
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.errors import OrdersError
from orders.gateways import CARRIER


@handles
def confirm_order(command: ConfirmOrder) -> None:
    """Promise the goods."""
    with _refusals():
        services.confirm_order(order_id=command.order_id)


@handles
def ship_order(command: ShipOrder) -> None:
    """Let the goods leave."""
    with _refusals():
        services.ship_order(order_id=command.order_id, tracking_number=command.tracking_number)


@handles
def cancel_order(command: CancelOrder) -> None:
    """End the order and say why."""
    with _refusals():
        services.cancel_order(
            order_id=command.order_id,
            reason=command.reason,
            message=command.message,
            missing=command.missing,
        )


@handles(external=True, dependency=CARRIER)
def schedule_shipment(command: ScheduleShipment) -> Record | None:
    """Book the parcel with the carrier."""
    with _refusals():
        return services.schedule_shipment(order_id=command.order_id)


@handles(external=True, dependency=CARRIER)
def cancel_shipment(command: CancelShipment) -> None:
    """Call the parcel off."""
    services.cancel_shipment(order_id=command.order_id)


@contextmanager
def _refusals() -> Generator[None]:
    """What orders refuses it would refuse again: no retry can help."""
    try:
        yield
    except OrdersError as refusal:
        raise Reject(str(refusal)) from refusal
