"""In whichever order and however often a charge's states arrive, the payment ends up the same."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbus.testing import published
from payments import services
from payments.events import PaymentCaptured, PaymentRefunded
from payments.gateways import Charge
from payments.models import Payment, PaymentState
from payments.queries import ledger_differences
from tests.payments.builders import a_card_payment, a_charge, facts, payment_for

pytestmark = pytest.mark.django_db

CHALLENGED = (a_charge("challenge", challenge_url="https://bank.example/c1"),)
AUTHORISED = (a_charge("authorised"),)
REFUNDED = (a_charge(), a_charge(refunded=200), a_charge(refunded=700))
HISTORIES = {
    "refused by the bank": (a_charge("declined", reason="card_declined", message="No."),),
    "refused by the shopper": (*CHALLENGED, a_charge("declined", reason="challenge_refused")),
    "paid": (*AUTHORISED, a_charge()),
    "paid after a challenge": (*CHALLENGED, *AUTHORISED, a_charge()),
    "called off": (*CHALLENGED, *AUTHORISED, a_charge("cancelled")),
    "given back in parts": (*AUTHORISED, *REFUNDED),
    "given back whole": (*CHALLENGED, *REFUNDED, a_charge("cancelled", captured=1234, refunded=1234)),
}


def told(charges: tuple[Charge, ...]) -> Payment:
    """A payment that heard of these charges in this order, with what was announced of it."""
    order_id = a_card_payment()
    payment_id, reference = payment_for(order_id).id, f"ch_{order_id}"
    states = [payment_for(order_id).state]
    with published() as messages:
        for charge in charges:
            services.settle(payment_id=payment_id, charge=_with(charge, reference))
            states.append(payment_for(order_id).state)
    payment = payment_for(order_id)
    ranks = [PaymentState(state).rank for state in states]
    assert ranks == sorted(ranks), f"it went back: {states}"
    announced = sum(
        fact.amount.amount * (1 if isinstance(fact, PaymentCaptured) else -1)
        for fact in facts(messages)
        if isinstance(fact, PaymentCaptured | PaymentRefunded)
    )
    assert announced == payment.held.amount
    assert len({repr(fact) for fact in facts(messages)}) == len(facts(messages))
    return payment


def _with(charge: Charge, reference: str) -> Charge:
    fields = {field: getattr(charge, field) for field in charge.__struct_fields__}
    return Charge(**fields | {"reference": reference})


def outcome(payment: Payment) -> tuple[str, int, int, int, str]:
    """What must not depend on the order of arrival."""
    return (
        payment.state,
        payment.captured,
        payment.refunded,
        payment.refunds_requested,
        payment.decline_reason,
    )


@pytest.mark.parametrize("history", HISTORIES)
def test_every_order_of_arrival_has_the_same_outcome(history: str) -> None:
    outcomes = {outcome(told(order)) for order in permutations(HISTORIES[history])}

    assert len(outcomes) == 1
    assert ledger_differences() == []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_repeats_and_gaps_do_not_matter_once_the_last_state_has_arrived(data: st.DataObject) -> None:
    history = data.draw(st.sampled_from(sorted(HISTORIES)))
    known = HISTORIES[history]
    arrivals = data.draw(st.lists(st.sampled_from(known), max_size=12))
    at = data.draw(st.integers(0, len(arrivals)))

    shuffled = (*arrivals[:at], known[-1], *arrivals[at:])

    assert outcome(told(shuffled)) == outcome(told(known))
    assert ledger_differences() == []
