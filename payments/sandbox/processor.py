"""The card processor: charges, their cancellation, and refunds. Everything may be repeated by id."""

import sqlite3
from secrets import token_hex
from typing import Annotated, Any

import msgspec

from payments.sandbox.answers import Answer, Problem, parse
from payments.sandbox.store import Store

_DECLINES = {
    "tok_declined": ("card_declined", "The card was declined by the bank that issued it."),
    "tok_insufficient": ("insufficient_funds", "The card does not have enough money for this payment."),
}
_CARDS = {"tok_visa", "tok_timeout", "tok_down", *_DECLINES}

Id = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,64}$")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]


class ChargeRequest(msgspec.Struct):
    """What to take from which card."""

    id: Id
    amount: Amount
    currency: Currency
    card: str


class RefundRequest(msgspec.Struct):
    """How much of a charge to give back."""

    id: Id
    amount: Annotated[int, msgspec.Meta(gt=0)]
    currency: Currency


def create_charge(store: Store, body: bytes) -> Answer:
    """Take money from a card, once per id; a charge that was cancelled before it arrived takes none."""
    request = parse(ChargeRequest, body)
    if request.card not in _CARDS:
        raise Problem(422, "unknown_card", f"{request.card!r} is not a token of this processor.")
    with store.transaction() as db:
        known = _find(db, request.id)
        if known is not None:
            return _known(known, request)
        if request.card == "tok_down":
            raise Problem(503, "processor_down", "The processor is out of order.")
        captured = 0 if request.card in _DECLINES else request.amount
        charge = _insert(db, request, "declined" if request.card in _DECLINES else "captured", captured)
    return _answer(charge, created=True)


def cancel_charge(store: Store, body: bytes, charge: str) -> Answer:
    """Hold no money for this id, now and for ever, whether or not the charge has arrived."""
    with store.transaction() as db:
        known = _find(db, charge)
        if known is None:
            _insert(db, ChargeRequest(charge, 0, "", ""), "cancelled", 0)
        elif known["status"] != "declined":
            db.execute("UPDATE charges SET status = 'cancelled', refunded = captured WHERE id = ?", (charge,))
        return Answer(200, _shown(_get(db, charge)))


def refund_charge(store: Store, body: bytes, charge: str) -> Answer:
    """Give back part of a charge, once per refund id and never more than was captured."""
    request = parse(RefundRequest, body)
    with store.transaction() as db:
        known = db.execute("SELECT charge, amount FROM refunds WHERE id = ?", (request.id,)).fetchone()
        if known is None:
            _refund(db, _get(db, charge), request)
        elif tuple(known) != (charge, request.amount):
            raise Problem(409, "id_reused", f"Refund {request.id} was made with other values before.")
        return Answer(200 if known else 201, _shown(_get(db, charge)))


def show_charge(store: Store, body: bytes, charge: str) -> Answer:
    """What is known about a charge."""
    with store.transaction() as db:
        return Answer(200, _shown(_get(db, charge)))


def _find(db: sqlite3.Connection, charge: str) -> Any:
    return db.execute("SELECT * FROM charges WHERE id = ?", (charge,)).fetchone()


def _get(db: sqlite3.Connection, charge: str) -> Any:
    known = _find(db, charge)
    if known is None:
        raise Problem(404, "unknown_charge", f"There is no charge {charge}.")
    return known


def _insert(db: sqlite3.Connection, request: ChargeRequest, status: str, captured: int) -> Any:
    db.execute(
        "INSERT INTO charges (id, reference, status, amount, currency, card, captured)"
        " VALUES (?,?,?,?,?,?,?)",
        (request.id, f"ch_{token_hex(8)}", status, request.amount, request.currency, request.card, captured),
    )
    return _get(db, request.id)


def _refund(db: sqlite3.Connection, charge: Any, request: RefundRequest) -> None:
    held = charge["captured"] - charge["refunded"]
    if charge["currency"] != request.currency:
        raise Problem(422, "wrong_currency", f"The charge was in {charge['currency']}.")
    if request.amount > held:
        raise Problem(422, "refund_exceeds_charge", f"{request.amount} asked for, {held} left to refund.")
    db.execute("INSERT INTO refunds VALUES (?,?,?)", (request.id, charge["id"], request.amount))
    db.execute("UPDATE charges SET refunded = refunded + ? WHERE id = ?", (request.amount, charge["id"]))


def _known(charge: Any, request: ChargeRequest) -> Answer:
    before = (charge["amount"], charge["currency"], charge["card"])
    if charge["card"] and before != (request.amount, request.currency, request.card):
        raise Problem(409, "id_reused", f"Charge {request.id} was made with other values before.")
    return _answer(charge, created=False)


def _answer(charge: Any, *, created: bool) -> Answer:
    match charge["status"]:
        case "declined":
            code, message = _DECLINES[charge["card"]]
            return Answer(402, _shown(charge) | {"error": {"code": code, "message": message}})
        case "cancelled":
            error = {"code": "charge_cancelled", "message": "This charge was cancelled; no money is held."}
            return Answer(409, _shown(charge) | {"error": error})
    return Answer(201 if created else 200, _shown(charge), late=created and charge["card"] == "tok_timeout")


def _shown(charge: Any) -> dict[str, Any]:
    fields = ("id", "reference", "status", "amount", "currency", "captured", "refunded")
    return {"charge": {field: charge[field] for field in fields}}
