"""What the bus makes happen: capture, charge on account, cancel, with outages of the processor in between."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import Command, DependencyDown, Reject, send
from eventbus.testing import drain, published
from payments import handlers, services
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.events import PaymentCancelled, PaymentCaptured, PaymentDeclined, PaymentRefunded
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import (
    NOTHING,
    PRICE,
    a_card_payment,
    a_charge,
    an_account_payment,
    ask,
    at_once,
    at_processor,
    finish,
    ledger_of,
    payment_for,
)

LATER = timedelta(hours=1)


@pytest.mark.usefixtures("bus")
class TestOverTheBus:
    """Commands in, events out, the processor asked over HTTP in between."""

    def test_a_good_card_is_captured(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment()

        with published() as messages:
            ask(CapturePayment(order_id=order_id))

        assert at_processor(sandbox, order_id) == ("captured", 1234)
        assert messages[1:] == [
            PaymentCaptured(
                order_id=order_id, payment_id=payment_for(order_id).id, amount=PRICE, method="card"
            )
        ]

    @pytest.mark.parametrize(
        ("card", "reason"), [("tok_declined", "card_declined"), ("tok_insufficient", "insufficient_funds")]
    )
    def test_a_refused_card_is_declined_with_a_sentence(
        self, sandbox: Sandbox, card: str, reason: str
    ) -> None:
        order_id = a_card_payment(card)

        with published() as messages:
            ask(CapturePayment(order_id=order_id))

        declined = messages[-1]
        assert isinstance(declined, PaymentDeclined)
        assert (declined.order_id, declined.reason) == (order_id, reason)
        assert declined.message.startswith("The card ")

    def test_while_the_processor_is_down_nobody_else_is_charged_in_vain(self, sandbox: Sandbox) -> None:
        for _ in range(3):
            ask(CapturePayment(order_id=a_card_payment("tok_down")))
        asked, order_id = len(sandbox.log), a_card_payment()

        ask(CapturePayment(order_id=order_id), CancelPayment(order_id=a_card_payment()))
        assert len(sandbox.log) == asked
        drain(timezone.now() + LATER)

        assert at_processor(sandbox, order_id) == ("captured", 1234)

    def test_the_same_news_at_the_same_moment_is_news_once(self, sandbox: Sandbox) -> None:
        payment = payment_for(a_card_payment())
        settle = partial(services.settle, payment_id=payment.id, charge=a_charge())

        with published() as messages:
            heard = at_once(*[settle] * 8)

        assert heard == [None] * 8
        assert [type(message) for message in messages] == [PaymentCaptured]
        assert ledger_of(payment.order_id) == [("captured", 1234)]

    def test_delivered_twice_it_is_captured_once(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment()
        with transaction.atomic():
            send(CapturePayment(order_id=order_id))

        drain(twice=True)

        assert at_processor(sandbox, order_id) == ("captured", 1234)
        assert ledger_of(order_id) == [("captured", 1234)]

    def test_a_charge_whose_answer_was_lost_is_found_by_the_next_try(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment("tok_timeout")
        ask(CapturePayment(order_id=order_id))
        assert payment_for(order_id).state == "pending"

        drain(timezone.now() + LATER)

        assert payment_for(order_id).held == PRICE
        assert ledger_of(order_id) == [("captured", 1234)]

    @pytest.mark.parametrize("card", ["tok_timeout", "tok_down", "tok_visa", "tok_declined"])
    def test_cancelled_in_time_or_not_no_money_is_held(self, sandbox: Sandbox, card: str) -> None:
        order_id = a_card_payment(card)
        ask(CapturePayment(order_id=order_id))

        ask(CancelPayment(order_id=order_id))
        drain(timezone.now() + LATER)

        assert at_processor(sandbox, order_id)[1] == 0
        assert payment_for(order_id).held == NOTHING

    def test_an_outage_of_the_processor_delays_the_refund_and_no_more(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment()
        ask(CapturePayment(order_id=order_id))
        sandbox.stop()
        ask(CancelPayment(order_id=order_id))
        assert payment_for(order_id).held == PRICE

        sandbox.start()
        drain(timezone.now() + LATER)

        assert at_processor(sandbox, order_id) == ("cancelled", 0)
        assert payment_for(order_id).held == NOTHING

    def test_a_processor_that_forgot_a_cancellation_is_asked_again(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment()
        record = handlers.capture_payment(CapturePayment(order_id=order_id))
        payment_id = payment_for(order_id).id
        reference = sandbox.get(f"/v1/charges/{payment_id}")["charge"]["reference"]
        services.settle(payment_id=payment_id, charge=a_charge("cancelled", reference=reference))

        finish(record)
        drain()

        assert at_processor(sandbox, order_id) == ("cancelled", 0)
        assert payment_for(order_id).held == NOTHING

    def test_money_that_came_in_spite_of_a_refusal_goes_back(self, sandbox: Sandbox) -> None:
        order_id = a_card_payment()
        record = handlers.capture_payment(CapturePayment(order_id=order_id))
        payment_id = payment_for(order_id).id
        reference = sandbox.get(f"/v1/charges/{payment_id}")["charge"]["reference"]
        services.settle(payment_id=payment_id, charge=a_charge("declined", reference=reference))

        finish(record)
        drain()

        assert at_processor(sandbox, order_id) == ("cancelled", 0)
        assert ledger_of(order_id) == [
            ("declined", 0),
            ("captured", 1234),
            ("refunded", 1234),
            ("cancelled", 0),
        ]
        assert payment_for(order_id).held == NOTHING

    def test_an_order_on_account_is_charged_and_taken_off_again(self) -> None:
        order_id = an_account_payment()

        with published() as messages:
            ask(ChargeAccount(order_id=order_id))
            ask(CancelPayment(order_id=order_id))
            ask(ChargeAccount(order_id=order_id))

        assert payment_for(order_id).held == NOTHING
        assert [type(message) for message in messages if not isinstance(message, Command)] == [
            PaymentCaptured,
            PaymentRefunded,
            PaymentCancelled,
        ]


@pytest.mark.django_db
class TestAlone:
    """One handler at a time, without the bus."""

    def test_money_is_never_taken_for_an_unknown_order(self) -> None:
        unknown = uuid4()

        with pytest.raises(Reject, match="No payment by account"), transaction.atomic():
            handlers.charge_account(ChargeAccount(order_id=unknown))
        with pytest.raises(Reject, match="No payment by card"):
            handlers.capture_payment(CapturePayment(order_id=unknown))

    def test_a_card_is_not_charged_to_the_account_nor_an_account_to_a_card(self) -> None:
        with pytest.raises(Reject, match="No payment by account"), transaction.atomic():
            handlers.charge_account(ChargeAccount(order_id=a_card_payment()))
        with pytest.raises(Reject, match="No payment by card"):
            handlers.capture_payment(CapturePayment(order_id=an_account_payment()))

    def test_where_nothing_was_requested_there_is_nothing_to_cancel(self) -> None:
        assert handlers.cancel_payment(CancelPayment(order_id=uuid4())) is None

    def test_an_unanswered_processor_is_a_dependency_that_is_down(self, sandbox: Sandbox) -> None:
        with pytest.raises(DependencyDown, match="card processor"):
            handlers.capture_payment(CapturePayment(order_id=a_card_payment("tok_down")))
