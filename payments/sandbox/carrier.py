"""The carrier: collects parcels by the sender's id, refuses some addresses, and says where they are.

A parcel's whole way is written down when it is booked, one scan every `STEP_SECONDS`; shown is what lies
behind it. Tests do not wait: `…/step` brings the next scan forward to now. Nobody is at home where the
postcode begins with RT: that parcel comes back.
"""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from secrets import randbelow
from typing import Annotated, Any

import msgspec

from payments.sandbox.answers import Answer, Problem, parse
from payments.sandbox.processor import Id
from payments.sandbox.store import Store

STEP_SECONDS = 20
MOST_PARCELS = 100

_DEPOT, _HUB = "Avonmouth", "Tamworth"


class ShipmentRequest(msgspec.Struct):
    """Which parcel goes where; the postcode decides whether the carrier takes it."""

    id: Id
    address: dict[str, Any]


class TrackingRequest(msgspec.Struct):
    """Which parcels to look for."""

    ids: Annotated[list[Id], msgspec.Meta(max_length=MOST_PARCELS)]


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
        booked = _insert(db, request.id, "booked", address)
        _plan(db, request.id, postcode, str(request.address.get("city", "")))
        return Answer(201, booked)


def cancel_shipment(store: Store, body: bytes, shipment: str) -> Answer:
    """Carry nothing for this id, now and for ever, whether or not the parcel was booked."""
    with store.transaction() as db:
        if _find(db, shipment) is None:
            return Answer(200, _insert(db, shipment, "cancelled", ""))
        db.execute("UPDATE shipments SET status = 'cancelled' WHERE id = ?", (shipment,))
        db.execute("DELETE FROM scans WHERE shipment = ? AND at > ?", (shipment, _now()))
        return Answer(200, _shown(_find(db, shipment)))


def show_shipment(store: Store, body: bytes, shipment: str) -> Answer:
    """Where a parcel stands."""
    with store.transaction() as db:
        known = _find(db, shipment)
    if known is None:
        raise _unknown(shipment)
    return Answer(200, _shown(known))


def track_shipments(store: Store, body: bytes) -> Answer:
    """Where many parcels are, at once: every scan of each so far; unknown ids are left out."""
    wanted = dict.fromkeys(parse(TrackingRequest, body).ids)
    with store.transaction() as db:
        shipments = {shipment: _scans(db, shipment) for shipment in wanted if _find(db, shipment)}
    return Answer(200, {"shipments": shipments})


def step_shipment(store: Store, body: bytes, shipment: str) -> Answer:
    """Let the parcel be scanned now where it would have been scanned next."""
    with store.transaction() as db:
        if _find(db, shipment) is None:
            raise _unknown(shipment)
        db.execute(
            "UPDATE scans SET at = ?2 WHERE shipment = ?1 AND number ="
            " (SELECT min(number) FROM scans WHERE shipment = ?1 AND at > ?2)",
            (shipment, _now()),
        )
        return Answer(200, {"scans": _scans(db, shipment)})


def _plan(db: sqlite3.Connection, shipment: str, postcode: str, city: str) -> None:
    ending = ("returned", _DEPOT) if postcode.startswith("RT") else ("delivered", city)
    way = (("collected", _DEPOT), ("in_transit", _HUB), ("out_for_delivery", city), ending)
    for number, (status, place) in enumerate(way, 1):
        at = _now(number * STEP_SECONDS)
        db.execute("INSERT INTO scans VALUES (?,?,?,?,?)", (shipment, number, status, place, at))


def _now(plus_seconds: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=plus_seconds)).isoformat(timespec="microseconds")


def _scans(db: sqlite3.Connection, shipment: str) -> list[dict[str, Any]]:
    seen = "SELECT number, status, place, at FROM scans WHERE shipment = ? AND at <= ? ORDER BY number"
    return [dict(row) for row in db.execute(seen, (shipment, _now()))]


def _postcode(request: ShipmentRequest) -> str:
    postcode = request.address.get("postcode")
    if not isinstance(postcode, str):
        raise _refusal(422, "invalid_request", "The address has no postcode.")
    return postcode.strip().upper()


def _unknown(shipment: str) -> Problem:
    return Problem(404, "unknown_shipment", f"There is no shipment {shipment}.")


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
