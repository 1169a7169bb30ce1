"""Where an order's parcel was seen, in sentences for its shopper."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.models import ParcelScan

_SENTENCES = {
    "collected": "The carrier has collected your parcel.",
    "in_transit": "Your parcel has passed through a sorting office.",
    "out_for_delivery": "Your parcel is in the delivery van.",
    "delivered": "Your parcel has been handed over.",
    "returned": "Your parcel could not be handed over, and is back with us.",
}


@dataclass(frozen=True, slots=True)
class ParcelMove:
    """One time the parcel was seen: the carrier's word for it, and a sentence."""

    status: str
    sentence: str
    place: str
    seen_at: datetime


def parcel_of(order_id: UUID) -> tuple[ParcelMove, ...]:
    """Where the order's parcel was seen, the oldest first; nothing where none is known."""
    scans = ParcelScan.objects.filter(shipment__order_id=order_id).order_by("number")
    return tuple(
        ParcelMove(
            scan.status, _SENTENCES.get(scan.status, "Your parcel was seen."), scan.place, scan.seen_at
        )
        for scan in scans
    )
