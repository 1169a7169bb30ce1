"""The carrier: collects parcels by the sender's id, refuses some addresses, forgets none."""

import json
import sqlite3
from secrets import randbelow
from typing import Any

import msgspec

from payments.sandbox.answers import Answer, Problem, parse
from payments.sandbox.processor import Id
from payments.sandbox.store import Store


class ShipmentRequest(msgspec.Struct):
    """Which parcel goes where; the postcode decides whether the carrier takes it."""

    id: Id
    address: dict[str, Any]


def create_shipment(store: Store, body: bytes) -> Answer:
    """Take a parcel, once per id, unless it cannot be delivered or was called off before."""
    request = parse(ShipmentRequest, body)
    postcode = _postcode(request)
    address = json.dumps(request.address, sort_keys=True)
    with store.transaction() as db:
        known = _find(db, request.id)
        if known is not None:
            return _known(known, address)
        if postcode.startswith("DOWN"):
            raise Problem(503, "carrier_down", "The carrier is out of order.")
        if postcode.startswith("ZZ"):
            raise _refusal(422, "undeliverable", f"We do not deliver to {postcode}.")
        return Answer(201, _insert(db, request.id, "booked", address))


def cancel_shipment(store: Store, body: bytes, shipment: str) -> Answer:
    """Carry nothing for this id, now and for ever, whether or not the parcel was booked."""
    with store.transaction() as db:
        if _find(db, shipment) is None:
            return Answer(200, _insert(db, shipment, "cancelled", ""))
        db.execute("UPDATE shipments SET status = 'cancelled' WHERE id = ?", (shipment,))
        return Answer(200, _shown(_find(db, shipment)))


def show_shipment(store: Store, body: bytes, shipment: str) -> Answer:
    """Where a parcel stands."""
    with store.transaction() as db:
        known = _find(db, shipment)
    if known is None:
        raise Problem(404, "unknown_shipment", f"There is no shipment {shipment}.")
    return Answer(200, _shown(known))


def _postcode(request: ShipmentRequest) -> str:
    postcode = request.address.get("postcode")
    if not isinstance(postcode, str):
        raise _refusal(422, "invalid_request", "The address has no postcode.")
    return postcode.strip().upper()


def _refusal(status: int, code: str, reason: str) -> Problem:
    return Problem(status, code, reason, reason=reason)


def _find(db: sqlite3.Connection, shipment: str) -> Any:
    return db.execute("SELECT * FROM shipments WHERE id = ?", (shipment,)).fetchone()


def _insert(db: sqlite3.Connection, shipment: str, status: str, address: str) -> dict[str, Any]:
    number = f"SB{randbelow(10**9):09}GB"
    db.execute("INSERT INTO shipments VALUES (?,?,?,?)", (shipment, number, status, address))
    return _shown(_find(db, shipment))


def _known(known: Any, address: str) -> Answer:
    if known["status"] == "cancelled":
        raise _refusal(409, "shipment_cancelled", f"Shipment {known['id']} was called off.")
    if known["address"] != address:
        raise _refusal(409, "id_reused", f"Shipment {known['id']} was booked for another address before.")
    return Answer(200, _shown(known))


def _shown(known: Any) -> dict[str, Any]:
    return {field: known[field] for field in ("id", "status", "tracking_number")}
