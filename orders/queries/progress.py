"""How far an order has come, said to its shopper: pure functions over what the rooms know."""

from dataclasses import dataclass, replace

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
    ("stock", "undone"): "Nothing is reserved any more.",
    ("stock", "undoing"): "Releasing your items…",
    ("payment", "waiting"): "Then we take the payment.",
    ("payment", "current"): "Taking payment…",
    ("payment", "asking"): "Your bank wants you to confirm the payment.",
    ("payment", "done"): "Your payment has arrived.",
    ("payment", "failed"): "The payment did not go through. Nothing was charged.",
    ("payment", "undone"): "Your money has been given back.",
    ("payment", "undoing"): "Giving your money back…",
    ("payment", "skipped"): "Nothing was charged.",
    ("confirmed", "waiting"): "Then we confirm the order by mail.",
    ("confirmed", "current"): "Confirming your order…",
    ("confirmed", "done"): "Your order is confirmed.",
    ("confirmed", "failed"): "We could not confirm your order in time.",
    ("confirmed", "undone"): "Your order was confirmed and had to be cancelled.",
    ("confirmed", "skipped"): "Your order was not confirmed.",
    ("shipping", "waiting"): "Then we hand the parcel to the carrier.",
    ("shipping", "current"): "Booking your parcel with the carrier…",
    ("shipping", "done"): "Your parcel is with the carrier.",
    ("shipping", "delivered"): "Your parcel has arrived.",
    ("shipping", "returned"): "Your parcel came back to us.",
    ("shipping", "failed"): "The carrier could not take your parcel.",
    ("shipping", "skipped"): "Nothing was sent.",
}
_NOWHERE = ""
_FAILED_AT = {
    "cancelled": _NOWHERE,
    "cancelled_by_staff": _NOWHERE,
    "cancelled_on_request": _NOWHERE,
    "confirmation_overdue": "confirmed",
    "out_of_stock": "stock",
    "payment_overdue": "payment",
    "reservation_overdue": "stock",
    "shipment_refused": "shipping",
    "shipping_overdue": "shipping",
    "shortfall": "stock",
}
_MONEY_MOVES = ("pending", "challenged", "authorised", "captured")
_HEADLINES = {
    "placed": "We are working on your order",
    "confirmed": "Your order is confirmed",
    "shipped": "Your order is on its way",
    "cancelled": "Your order was cancelled",
    "delivered": "Your order has arrived",
    "returned": "Your parcel came back to us",
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
    """What the write models say about one order; `parcel` is the last that the carrier said."""

    order: str
    reason: str
    cancelling: bool
    was_confirmed: bool
    reserved: bool
    payment: str
    was_captured: bool
    parcel: str
    all_returned: bool


def failed_at(reason: str) -> str:
    """The step at which an order with this ending failed; every reason of its own is a processor's."""
    return _FAILED_AT.get(reason, "payment")


def headline(facts: Facts) -> str:
    """The order in five words."""
    if facts.order == "shipped":
        return _after_shipping(facts)
    if facts.cancelling and facts.order != "cancelled":
        return "We are cancelling your order"
    return _HEADLINES[facts.order]


def _after_shipping(facts: Facts) -> str:
    if facts.all_returned:
        return "Your order has come back to us"
    return _HEADLINES.get(facts.parcel, _HEADLINES["shipped"])


def is_finished(facts: Facts) -> bool:
    """Whether nothing more will happen: shipped, or cancelled with goods and money where they belong."""
    if facts.order == "cancelled":
        return not facts.reserved and facts.payment not in _MONEY_MOVES
    return facts.order == "shipped"


def steps(facts: Facts) -> tuple[Step, ...]:
    """Every step with its state and its sentence."""
    states = _after_the_end(facts) if facts.order == "cancelled" else _on_the_way(facts)
    if facts.cancelling and facts.order in ("placed", "confirmed"):
        return tuple(_stopped(Step(key, _LABELS[key], state, "")) for key, state in states.items())
    return tuple(
        Step(key, _LABELS[key], state, _sentence(facts, key, state)) for key, state in states.items()
    )


def _stopped(step: Step) -> Step:
    if step.state == "done":
        return replace(step, sentence=_SENTENCES[step.key, "done"])
    why = "Stopped, because the order is being cancelled." if step.state == "current" else "Stopped."
    return replace(step, state="skipped", sentence=why)


def _sentence(facts: Facts, key: str, state: str) -> str:
    if (key, state, facts.payment) == ("payment", "current", "challenged"):
        state = "asking"
    if (key, state) == ("shipping", "done") and facts.parcel in ("delivered", "returned"):
        state = facts.parcel
    return _SENTENCES[key, state]


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
    failed = failed_at(facts.reason)
    states = {
        "received": "done",
        "stock": "undoing" if facts.reserved else "undone",
        "payment": _money(facts),
        "confirmed": "undone" if facts.was_confirmed else "skipped",
        "shipping": "skipped",
    }
    if failed == _NOWHERE or (failed == "payment" and facts.was_captured):
        return states  # money that came too late was taken, and goes back
    return states | {failed: "failed"}


def _money(facts: Facts) -> str:
    if not facts.was_captured:
        return "skipped"
    return "undoing" if facts.payment == "captured" else "undone"
