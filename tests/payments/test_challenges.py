"""The bank wants to see the shopper: nothing is taken before, and everything works out whatever they do."""

from typing import Any

import pytest

from eventbus.testing import published
from payments import services
from payments.commands import CapturePayment
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentChallenged, PaymentDeclined
from payments.models import Payment
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import (
    NOTHING,
    PRICE,
    a_card_payment,
    a_paid_order,
    an_account_payment,
    answer_bank,
    ask,
    at_processor,
    facts,
    ledger_of,
    payment_for,
)

pytestmark = pytest.mark.usefixtures("bus", "sandbox")


def test_while_the_bank_waits_nothing_is_taken(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_challenge")

    with published() as messages:
        ask(CapturePayment(order_id=order_id))

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("challenged", NOTHING)
    assert payment.challenge_url.startswith(f"{sandbox.url}/challenge/ch_")
    told = PaymentChallenged(order_id=order_id, payment_id=payment.id, challenge_url=payment.challenge_url)
    assert facts(messages) == [told]


def test_asked_again_the_shopper_is_still_waited_for(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_challenge")
    ask(CapturePayment(order_id=order_id))
    asked = len(sandbox.log)

    ask(CapturePayment(order_id=order_id))

    assert len(sandbox.log) == asked
    assert payment_for(order_id).state == "challenged"


def test_confirmed_it_is_set_aside_and_then_captured(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_challenge")
    ask(CapturePayment(order_id=order_id))
    answer_bank(payment_for(order_id), "confirm")

    with published() as messages:
        for _ in range(2):
            services.look_up(order_id=order_id)
        assert at_processor(sandbox, order_id) == ("authorised", 0)
        ask(CapturePayment(order_id=order_id))

    payment_id = payment_for(order_id).id
    assert facts(messages) == [
        PaymentAuthorised(order_id=order_id, payment_id=payment_id, amount=PRICE),
        PaymentCaptured(order_id=order_id, payment_id=payment_id, amount=PRICE, method="card"),
    ]
    assert at_processor(sandbox, order_id) == ("captured", 1234)
    assert ledger_of(order_id) == [("challenged", 0), ("authorised", 1234), ("captured", 1234)]


def test_refused_it_is_a_declined_card(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_challenge")
    ask(CapturePayment(order_id=order_id))
    answer_bank(payment_for(order_id), "refuse")

    with published() as messages:
        services.look_up(order_id=order_id)

    assert facts(messages) == [
        PaymentDeclined(
            order_id=order_id,
            payment_id=payment_for(order_id).id,
            reason="challenge_refused",
            message="The payment was not confirmed with the bank.",
        )
    ]


def test_a_wallet_is_captured_by_its_own_page() -> None:
    order_id = a_card_payment("tok_wallet")
    ask(CapturePayment(order_id=order_id))
    answer_bank(payment_for(order_id), "confirm")

    with published() as messages:
        services.look_up(order_id=order_id)

    assert [type(message) for message in messages] == [PaymentCaptured]
    assert ledger_of(order_id) == [("challenged", 0), ("captured", 1234)]


def test_a_processor_that_does_not_answer_disturbs_nobody_who_comes_back(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_challenge")
    ask(CapturePayment(order_id=order_id))
    sandbox.stop()

    services.look_up(order_id=order_id)

    sandbox.start()
    assert payment_for(order_id).state == "challenged"


@pytest.mark.parametrize("change", [{"provider": "stripe"}, {"reference": "ch_404"}])
def test_a_processor_that_cannot_tell_disturbs_nobody_who_comes_back(
    sandbox: Sandbox, settings: Any, change: dict[str, str]
) -> None:
    """One that this shop has no key to any more, or that refuses to answer."""
    order_id = a_card_payment("tok_challenge")
    ask(CapturePayment(order_id=order_id))
    Payment.objects.update(**change)
    settings.SANDBOX_URL = f"{sandbox.url}/nowhere"

    services.look_up(order_id=order_id)

    assert payment_for(order_id).state == "challenged"


def test_what_has_ended_or_needs_no_bank_is_not_looked_up(sandbox: Sandbox) -> None:
    for order_id in (a_paid_order(), an_account_payment()):
        services.look_up(order_id=order_id)

    assert sandbox.log == []
