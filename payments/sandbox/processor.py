"""The card processor: charges are authorised, captured, cancelled and refunded. All may be repeated by id."""

import sqlite3
from secrets import token_hex
from typing import Annotated, Any

import msgspec

from payments.sandbox.answers import Answer, Problem, parse
from payments.sandbox.cards import CARDS, REFUSED_BY_SHOPPER
from payments.sandbox.store import Store
from payments.sandbox.webhooks import note

Id = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,64}$")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]


class ChargeRequest(msgspec.Struct):
    """What to set aside on which card; a bank that sees the shopper first sends them to `return_url`."""

    id: Id
    amount: Amount
    currency: Currency
    card: str
    return_url: Annotated[str, msgspec.Meta(pattern=r"\A(https?://.*)?\Z", max_length=500)] = ""


class Sum(msgspec.Struct):
    """How much to capture."""

    amount: Amount
    currency: Currency


class CancelRequest(msgspec.Struct):
    """In which currency a charge that never arrived would have been."""

    currency: Currency = "GBP"


class RefundRequest(msgspec.Struct):
    """How much of a charge to give back."""

    id: Id
    amount: Annotated[int, msgspec.Meta(gt=0)]
    currency: Currency


def create_charge(store: Store, body: bytes) -> Answer:
    """Set money aside, once per id; for a charge that was cancelled before it arrived, none."""
    request = parse(ChargeRequest, body)
    if request.card not in CARDS:
        raise Problem(422, "unknown_card", f"{request.card!r} is not a token of this processor.")
    with store.transaction() as db:
        known = _find(db, request.id)
        if known is not None:
            return _known(db, known, request)
        if CARDS[request.card].down:
            raise Problem(503, "processor_down", "The processor is out of order.")
        _insert(db, request)
        return _answer(db, _first_step(store, db, request), created=True)


def capture_charge(store: Store, body: bytes, charge: str) -> Answer:
    """Take the money that was set aside, all of it and once."""
    request = parse(Sum, body)
    with store.transaction() as db:
        known = _get(db, charge)
        if (known["amount"], known["currency"]) != (request.amount, request.currency):
            raise Problem(422, "wrong_amount", f"{known['amount']} {known['currency']} were authorised.")
        if known["status"] != "authorised":
            return _answer(db, known)
        late = CARDS[known["card"]].late
        return _answer(db, _move(db, charge, "captured", captured=request.amount), late=late)


def cancel_charge(store: Store, body: bytes, charge: str) -> Answer:
    """Hold no money for this id, now and for ever, whether or not the charge has arrived."""
    request = parse(CancelRequest, body or b"{}")
    with store.transaction() as db:
        known = _find(db, charge)
        if known is None:
            _insert(db, ChargeRequest(charge, 0, request.currency, ""), "cancelled")
        elif known["status"] not in {"declined", "cancelled"}:
            _move(db, charge, "cancelled", refunded=known["captured"])
        return Answer(200, {"charge": shown(db, _get(db, charge))})


def refund_charge(store: Store, body: bytes, charge: str) -> Answer:
    """Give back part of a charge, once per refund id and never more than was captured."""
    request = parse(RefundRequest, body)
    with store.transaction() as db:
        known = db.execute("SELECT charge, amount FROM refunds WHERE id = ?", (request.id,)).fetchone()
        if known is None:
            _refund(db, _get(db, charge), request)
        elif tuple(known) != (charge, request.amount):
            raise Problem(409, "id_reused", f"Refund {request.id} was made with other values before.")
        return Answer(200 if known else 201, {"charge": shown(db, _get(db, charge))})


def show_charge(store: Store, body: bytes, charge: str) -> Answer:
    """What is known about a charge."""
    with store.transaction() as db:
        return Answer(200, {"charge": shown(db, _get(db, charge))})


def challenged_charge(db: sqlite3.Connection, reference: str) -> Any:
    """The charge whose challenge page this is; raises a Problem where there is none."""
    charge = db.execute("SELECT * FROM charges WHERE reference = ?", (reference,)).fetchone()
    if charge is None or not charge["challenge_url"]:
        raise Problem(404, "unknown_challenge", "There is nothing to confirm here.")
    return charge


def meet_challenge(db: sqlite3.Connection, charge: Any, *, confirmed: bool) -> None:
    """The shopper has answered their bank; who answers a second time changes nothing."""
    if charge["status"] != "challenge":
        return
    if not confirmed:
        reason, message = REFUSED_BY_SHOPPER
        _move(db, charge["id"], "declined", reason=reason, message=message)
    elif CARDS[charge["card"]].at_once:
        _move(db, charge["id"], "captured", authorised=charge["amount"], captured=charge["amount"])
    else:
        _move(db, charge["id"], "authorised", authorised=charge["amount"])


def shown(db: sqlite3.Connection, charge: Any) -> dict[str, Any]:
    """A charge as answers and webhooks tell of it."""
    refunds = db.execute("SELECT id, amount FROM refunds WHERE charge = ? ORDER BY rowid", (charge["id"],))
    fields = ("id", "reference", "status", "amount", "currency", "authorised", "captured", "refunded")
    more = {field: charge[field] for field in ("reason", "message")}
    more["challenge_url"] = charge["challenge_url"] if charge["status"] == "challenge" else ""
    return {field: charge[field] for field in fields} | {"refunds": [dict(row) for row in refunds]} | more


def _first_step(store: Store, db: sqlite3.Connection, request: ChargeRequest) -> Any:
    card = CARDS[request.card]
    if card.decline:
        reason, message = card.decline
        return _move(db, request.id, "declined", reason=reason, message=message)
    if card.challenge:
        url = f"{store.url}/challenge/{_get(db, request.id)['reference']}"
        return _move(db, request.id, "challenge", challenge_url=url)
    if card.at_once:
        return _move(db, request.id, "captured", authorised=request.amount, captured=request.amount)
    return _move(db, request.id, "authorised", authorised=request.amount)


def _move(db: sqlite3.Connection, charge: str, status: str, **columns: Any) -> Any:
    columns["status"] = status
    changes = ", ".join(f"{column} = :{column}" for column in columns)
    db.execute(f"UPDATE charges SET {changes} WHERE id = :id", columns | {"id": charge})
    return _told(db, charge, f"charge.{status}")


def _told(db: sqlite3.Connection, charge: str, kind: str) -> Any:
    """The charge as it is now, after its webhook has been noted."""
    moved = _get(db, charge)
    note(db, kind, shown(db, moved), noisy=moved["card"] in CARDS and CARDS[moved["card"]].noisy)
    return moved


def _find(db: sqlite3.Connection, charge: str) -> Any:
    return db.execute("SELECT * FROM charges WHERE id = ?", (charge,)).fetchone()


def _get(db: sqlite3.Connection, charge: str) -> Any:
    known = _find(db, charge)
    if known is None:
        raise Problem(404, "unknown_charge", f"There is no charge {charge}.")
    return known


def _insert(db: sqlite3.Connection, request: ChargeRequest, status: str = "pending") -> None:
    db.execute(
        "INSERT INTO charges (id, reference, status, amount, currency, card, return_url)"
        " VALUES (?,?,?,?,?,?,?)",
        (
            request.id,
            f"ch_{token_hex(12)}",
            status,
            request.amount,
            request.currency,
            request.card,
            request.return_url,
        ),
    )


def _refund(db: sqlite3.Connection, charge: Any, request: RefundRequest) -> None:
    held = charge["captured"] - charge["refunded"]
    if charge["currency"] != request.currency:
        raise Problem(422, "wrong_currency", f"The charge was in {charge['currency']}.")
    if request.amount > held:
        raise Problem(422, "refund_exceeds_charge", f"{request.amount} asked for, {held} left to refund.")
    db.execute("INSERT INTO refunds VALUES (?,?,?)", (request.id, charge["id"], request.amount))
    db.execute("UPDATE charges SET refunded = refunded + ? WHERE id = ?", (request.amount, charge["id"]))
    _told(db, charge["id"], "charge.refunded")


def _known(db: sqlite3.Connection, charge: Any, request: ChargeRequest) -> Answer:
    before = (charge["amount"], charge["currency"], charge["card"])
    if charge["card"] and before != (request.amount, request.currency, request.card):
        raise Problem(409, "id_reused", f"Charge {request.id} was made with other values before.")
    return _answer(db, charge)


def _answer(db: sqlite3.Connection, charge: Any, *, created: bool = False, late: bool = False) -> Answer:
    body: dict[str, Any] = {"charge": shown(db, charge)}
    match charge["status"]:
        case "declined":
            return Answer(402, body | {"error": {"code": charge["reason"], "message": charge["message"]}})
        case "cancelled":
            error = {"code": "charge_cancelled", "message": "This charge was cancelled; no money is held."}
            return Answer(409, body | {"error": error})
    return Answer(201 if created else 200, body, late=late)
