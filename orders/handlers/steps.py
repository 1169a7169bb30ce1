"""What the checkout saga asks for, one step each."""

from eventbus import Record, handles
from orders import services
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.gateways import CARRIER
from orders.handlers.refusals import refusals


@handles
def confirm_order(command: ConfirmOrder) -> None:
    """Promise the goods."""
    with refusals():
        services.confirm_order(order_id=command.order_id)


@handles
def ship_order(command: ShipOrder) -> None:
    """Let the goods leave."""
    with refusals():
        services.ship_order(order_id=command.order_id, tracking_number=command.tracking_number)


@handles
def cancel_order(command: CancelOrder) -> None:
    """End the order and say why."""
    with refusals():
        services.cancel_order(
            order_id=command.order_id,
            reason=command.reason,
            message=command.message,
            missing=command.missing,
        )


@handles(external=True, dependency=CARRIER)
def schedule_shipment(command: ScheduleShipment) -> Record | None:
    """Book the parcel with the carrier."""
    with refusals():
        return services.schedule_shipment(order_id=command.order_id)


@handles(external=True, dependency=CARRIER)
def cancel_shipment(command: CancelShipment) -> None:
    """Call the parcel off."""
    services.cancel_shipment(order_id=command.order_id)
