"""However a capture and its cancellation interleave, repeat or die half-way: in the end no money is held."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbus import Record
from eventbus.testing import published
from payments import handlers
from payments.commands import CancelPayment, CapturePayment
from payments.events import PaymentCancelled, PaymentCaptured, PaymentRefunded
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import NOTHING, a_card_payment, at_processor, finish, ledger_of, payment_for

pytestmark = pytest.mark.django_db

Workers = dict[str, Callable[[], Record | None]]
STEPS = ("capture calls", "capture settles", "cancel calls", "cancel settles")


def workers_for(order_id: UUID) -> Workers:
    """One worker that captures and one that cancels, each a call over the network and then its settling."""
    return {
        "capture": lambda: handlers.capture_payment(CapturePayment(order_id=order_id)),
        "cancel": lambda: handlers.cancel_payment(CancelPayment(order_id=order_id)),
    }


def take(steps: tuple[str, ...], workers: Workers) -> None:
    """Take the steps in order; a worker that settles without having called has died and been replaced."""
    called: dict[str, Record | None] = {}
    for step in steps:
        name, action = step.split()
        if action == "calls":
            called[name] = workers[name]()
        else:
            finish(called.pop(name, None))


def deliver_both(first: str, second: str, workers: Workers) -> None:
    """At-least-once delivery: in the end, each command was called and settled at least once."""
    take((f"{first} calls", f"{first} settles", f"{second} calls", f"{second} settles"), workers)


def assert_no_money_is_held(sandbox: Sandbox, order_id: UUID, messages: Iterable[object]) -> None:
    """The processor, the payment, the ledger and the events agree that nothing is left."""
    payment, told = payment_for(order_id), Counter(type(message) for message in messages)
    ledger = Counter[str]()
    for kind, amount in ledger_of(order_id):
        ledger[kind] += amount

    assert at_processor(sandbox, order_id)[1] == 0
    assert payment.held == NOTHING
    assert (payment.captured, payment.refunded) == (ledger["captured"], ledger["refunded"])
    assert told[PaymentCaptured] == told[PaymentRefunded] <= 1
    assert told[PaymentCancelled] == (payment.state == "cancelled")


ORDERS = [
    steps
    for steps in permutations(STEPS)
    if steps.index("capture calls") < steps.index("capture settles")
    and steps.index("cancel calls") < steps.index("cancel settles")
]


@pytest.mark.parametrize("steps", ORDERS, ids=", ".join)
@pytest.mark.parametrize("card", ["tok_visa", "tok_declined"])
def test_in_every_order_of_the_steps_no_money_is_held(
    sandbox: Sandbox, card: str, steps: tuple[str, ...]
) -> None:
    order_id = a_card_payment(card)

    with published() as messages:
        take(steps, workers_for(order_id))

    assert_no_money_is_held(sandbox, order_id, messages)


def test_there_are_six_orders() -> None:
    assert len(ORDERS) == 6


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    card=st.sampled_from(["tok_visa", "tok_visa", "tok_declined"]),
    steps=st.lists(st.sampled_from(STEPS), max_size=12).map(tuple),
    last=st.sampled_from([("capture", "cancel"), ("cancel", "capture")]),
)
def test_with_repetitions_and_deaths_no_money_is_held(
    sandbox: Sandbox, card: str, steps: tuple[str, ...], last: tuple[str, str]
) -> None:
    order_id = a_card_payment(card)
    workers = workers_for(order_id)

    with published() as messages:
        take(steps, workers)
        deliver_both(*last, workers)

    assert_no_money_is_held(sandbox, order_id, messages)
