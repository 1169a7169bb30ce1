"""Parcels: booked with the carrier, or called off; no transaction is open while the carrier answers."""

from functools import partial
from uuid import UUID

from django.db import transaction

from eventbus import Record, publish, send
from orders.commands import CancelShipment
from orders.errors import ParcelRefused
from orders.events import ShipmentRefused, ShipmentScheduled
from orders.gateways import carrier
from orders.models import Shipment
from orders.queries import order_state


def schedule_shipment(*, order_id: UUID) -> Record | None:
    """Book the parcel and answer with what records the outcome; nothing when it was settled before."""
    order = order_state(order_id)
    shipment, _ = Shipment.objects.get_or_create(order_id=order_id)
    if shipment.state != "requested":
        return None
    try:
        tracking_number = carrier().schedule(
            shipment_id=shipment.id, name=order.customer.name, address=order.address
        )
    except ParcelRefused as refusal:
        return partial(_refused, shipment, refusal.reason)
    return partial(_scheduled, shipment, tracking_number)


def cancel_shipment(*, order_id: UUID) -> None:
    """No parcel of this order may leave, whatever was booked or is being booked right now."""
    shipment, _ = Shipment.objects.get_or_create(order_id=order_id)
    open_states = ("requested", "scheduled", "cancelled")
    if Shipment.objects.filter(pk=shipment.id, state__in=open_states).update(state="cancelled"):
        carrier().cancel(shipment_id=shipment.id)


def _scheduled(shipment: Shipment, tracking_number: str) -> None:
    if _settled(shipment, state="scheduled", tracking_number=tracking_number):
        publish(
            ShipmentScheduled(
                order_id=shipment.order_id, shipment_id=shipment.id, tracking_number=tracking_number
            )
        )
    else:
        # Called off while the carrier was answering: the booking must not survive it.
        send(CancelShipment(order_id=shipment.order_id))


def _refused(shipment: Shipment, reason: str) -> None:
    if _settled(shipment, state="refused", reason=reason):
        publish(ShipmentRefused(order_id=shipment.order_id, shipment_id=shipment.id, reason=reason))


@transaction.atomic
def _settled(shipment: Shipment, **outcome: str) -> bool:
    return bool(Shipment.objects.filter(pk=shipment.id, state="requested").update(**outcome))
