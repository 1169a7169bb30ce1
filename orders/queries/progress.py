"""How far an order has come, said to its shopper: pure functions over what the rooms know."""

from dataclasses import dataclass

_LABELS = {
    "received": "Order received",
    "stock": "Items reserved",
    "payment": "Payment",
    "confirmed": "Confirmed",
    "shipping": "Handed to shipping",
}
_SENTENCES = {
    ("received", "done"): "We have received your order.",
    ("stock", "current"): "Reserving your items…",
    ("stock", "done"): "Your items are reserved.",
    ("stock", "failed"): "Your items could not be reserved.",
    ("stock", "undone"): "Your items were reserved and have been released.",
    ("stock", "undoing"): "Releasing your items…",
    ("payment", "waiting"): "Then we take the payment.",
    ("payment", "current"): "Taking payment…",
    ("payment", "done"): "Your payment has arrived.",
    ("payment", "failed"): "The payment did not go through. Nothing was charged.",
    ("payment", "undone"): "Your money has been given back.",
    ("payment", "undoing"): "Giving your money back…",
    ("payment", "skipped"): "Nothing was charged.",
    ("confirmed", "waiting"): "Then we confirm the order by mail.",
    ("confirmed", "current"): "Confirming your order…",
    ("confirmed", "done"): "Your order is confirmed.",
    ("confirmed", "undone"): "Your order was confirmed and had to be cancelled.",
    ("confirmed", "skipped"): "Your order was not confirmed.",
    ("shipping", "waiting"): "Then we hand the parcel to the carrier.",
    ("shipping", "current"): "Booking your parcel with the carrier…",
    ("shipping", "done"): "Your parcel is with the carrier.",
    ("shipping", "failed"): "The carrier could not take your parcel.",
    ("shipping", "skipped"): "Nothing was sent.",
}
_FAILED_AT = {
    "out_of_stock": "stock",
    "payment_overdue": "payment",
    "shipment_refused": "shipping",
    "shipping_overdue": "shipping",
}
_HEADLINES = {
    "placed": "We are working on your order",
    "confirmed": "Your order is confirmed",
    "shipped": "Your order is on its way",
    "cancelled": "Your order was cancelled",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards the parcel: done, current, waiting; or failed, undoing, undone, skipped."""

    key: str
    label: str
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the write models say about one order."""

    order: str
    reason: str
    was_confirmed: bool
    reserved: bool
    payment: str
    was_captured: bool


def headline(facts: Facts) -> str:
    """The order in five words."""
    return _HEADLINES[facts.order]


def is_finished(facts: Facts) -> bool:
    """Whether nothing more will happen: shipped, or cancelled with goods and money where they belong."""
    if facts.order == "cancelled":
        return not facts.reserved and facts.payment not in ("captured", "pending")
    return facts.order == "shipped"


def steps(facts: Facts) -> tuple[Step, ...]:
    """Every step with its state and its sentence."""
    states = _after_the_end(facts) if facts.order == "cancelled" else _on_the_way(facts)
    return tuple(Step(key, _LABELS[key], state, _SENTENCES[key, state]) for key, state in states.items())


def _on_the_way(facts: Facts) -> dict[str, str]:
    confirmed = facts.order in ("confirmed", "shipped")
    paid = confirmed or facts.payment == "captured"
    finished = (True, paid or facts.reserved, paid, confirmed, facts.order == "shipped")
    states: dict[str, str] = {}
    for key, done in zip(_LABELS, finished, strict=True):
        waiting = "waiting" if "current" in states.values() else "current"
        states[key] = "done" if done else waiting
    return states


def _after_the_end(facts: Facts) -> dict[str, str]:
    failed = _FAILED_AT.get(facts.reason, "payment")
    states = {
        "received": "done",
        "stock": "undoing" if facts.reserved else "undone",
        "payment": _money(facts),
        "confirmed": "undone" if facts.was_confirmed else "skipped",
        "shipping": "skipped",
    }
    return states | {failed: "failed"}


def _money(facts: Facts) -> str:
    if not facts.was_captured:
        return "skipped"
    return "undoing" if facts.payment == "captured" else "undone"
