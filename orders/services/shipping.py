"""Parcels: booked, called off, followed; no transaction is open while the carrier answers."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from eventbus import Record, current_time, publish, send
from orders.commands import CancelShipment
from orders.errors import ParcelRefused
from orders.events import ParcelMoved, ShipmentRefused, ShipmentScheduled
from orders.gateways import MOST_PARCELS, Scan, carrier
from orders.models import ParcelScan, Shipment
from orders.queries import order_state

_ARRIVED = ("delivered", "returned")
_LOOK_SECONDS = 15 * 60


def schedule_shipment(*, order_id: UUID) -> Record | None:
    """Book the parcel and answer with what records the outcome; nothing when it was settled before."""
    order = order_state(order_id)
    shipment = Shipment.of(order_id)
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
    shipment = Shipment.of(order_id)
    open_states = ("requested", "scheduled", "cancelled")
    if Shipment.objects.filter(pk=shipment.id, state__in=open_states).update(state="cancelled"):
        carrier().cancel(shipment_id=shipment.id)


def follow_parcels() -> int:
    """Ask the carrier where the parcels are that are due to be looked for, and announce each new scan once.

    Answers how many parcels were asked for; raises DependencyDown when the carrier cannot be reached, and
    asks for these again when they are next due.
    """
    shipment_ids = _due_parcels()
    if shipment_ids:
        _record_scans(carrier().track(shipment_ids=shipment_ids))
    return len(shipment_ids)


@transaction.atomic
def _due_parcels() -> list[UUID]:
    now = current_time()
    due = Shipment.objects.filter(state="scheduled", look_at__lte=now).order_by("look_at")
    shipment_ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True)[:MOST_PARCELS])
    wait = timedelta(seconds=getattr(settings, "ORDERS_PARCEL_LOOK_SECONDS", _LOOK_SECONDS))
    Shipment.objects.filter(pk__in=shipment_ids).update(look_at=now + wait)
    return shipment_ids


@transaction.atomic
def _record_scans(found: Mapping[UUID, tuple[Scan, ...]]) -> None:
    # Locked, so that of two who ask at once the second knows what the first has recorded.
    shipments = list(Shipment.objects.select_for_update().filter(pk__in=found).order_by("pk"))
    known = dict(_scans_known(shipments))
    new = [
        (shipment, scan)
        for shipment in shipments
        for scan in found[shipment.id]
        if scan.number > known.get(shipment.id, 0)
    ]
    ParcelScan.objects.bulk_create(
        ParcelScan(
            shipment=shipment, number=scan.number, status=scan.status, place=scan.place, seen_at=scan.at
        )
        for shipment, scan in new
    )
    for status in _ARRIVED:
        arrived = [shipment.id for shipment, scan in new if scan.status == status]
        Shipment.objects.filter(pk__in=arrived, state="scheduled").update(state=status, look_at=None)
    publish(*(_moved(shipment, scan) for shipment, scan in new))


def _scans_known(shipments: list[Shipment]) -> Iterator[tuple[UUID, int]]:
    scans = ParcelScan.objects.filter(shipment__in=shipments).values("shipment_id")
    return ((row["shipment_id"], row["seen"]) for row in scans.annotate(seen=Max("number")))


def _moved(shipment: Shipment, scan: Scan) -> ParcelMoved:
    return ParcelMoved(
        order_id=shipment.order_id,
        shipment_id=shipment.id,
        status=scan.status,
        place=scan.place,
        moved_at=scan.at,
    )


def _scheduled(shipment: Shipment, tracking_number: str) -> None:
    booked = {"state": "scheduled", "tracking_number": tracking_number, "look_at": current_time()}
    if _settled(shipment, **booked):
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


def _settled(shipment: Shipment, **outcome: object) -> bool:
    return bool(Shipment.objects.filter(pk=shipment.id, state="requested").update(**outcome))
