"""One charge, heard of by several ways: what it changes, publishes and asks for."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventbus.testing import published
from payments import services
from payments.commands import CancelPayment
from payments.errors import ImpossibleCharge, OtherReference, PaymentNotFound
from payments.events import (
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentRefunded,
)
from payments.gateways import Charge
from payments.money import CurrencyMismatch, Money
from tests.payments.builders import NOTHING, PRICE, a_card_payment, a_charge, ledger_of, payment_for

pytestmark = pytest.mark.django_db

GIVEN_BACK = a_charge("cancelled", captured=1234, refunded=1234)
REFUSAL = a_charge("declined", reason="card_declined", message="No.")


def hear(order_id: UUID, *charges: Charge) -> None:
    """Settle the order's payment by each charge in turn."""
    for charge in charges:
        services.settle(payment_id=payment_for(order_id).id, charge=charge)


def test_a_capture_is_recorded_once() -> None:
    order_id = a_card_payment()

    with published() as messages:
        for _ in range(2):
            hear(order_id, a_charge())

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("captured", PRICE)
    assert ledger_of(order_id) == [("captured", 1234)]
    assert messages == [
        PaymentCaptured(order_id=order_id, payment_id=payment.id, amount=PRICE, method="card")
    ]


def test_a_decline_says_why() -> None:
    order_id = a_card_payment("tok_declined")

    with published() as messages:
        for _ in range(2):
            hear(order_id, REFUSAL)

    payment = payment_for(order_id)
    assert (payment.state, payment.decline_reason, payment.held) == ("declined", "card_declined", NOTHING)
    assert messages == [
        PaymentDeclined(order_id=order_id, payment_id=payment.id, reason="card_declined", message="No.")
    ]


def test_cancelling_a_capture_gives_the_money_back_once() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge())

    with published() as messages:
        for _ in range(2):
            hear(order_id, GIVEN_BACK)

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("cancelled", NOTHING)
    assert ledger_of(order_id) == [("captured", 1234), ("refunded", 1234), ("cancelled", 0)]
    assert messages == [
        PaymentRefunded(order_id=order_id, payment_id=payment.id, amount=PRICE, reference="ch_1"),
        PaymentCancelled(order_id=order_id, payment_id=payment.id),
    ]


def test_a_capture_that_nobody_heard_of_is_no_refund_to_the_shopper() -> None:
    order_id = a_card_payment()

    with published() as messages:
        hear(order_id, GIVEN_BACK)
        hear(order_id, a_charge())

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("cancelled", NOTHING)
    assert ledger_of(order_id) == [("captured", 1234), ("refunded", 1234), ("cancelled", 0)]
    assert PaymentCancelled(order_id=order_id, payment_id=payment.id) in messages
    assert not any(isinstance(message, PaymentCaptured | PaymentRefunded) for message in messages)


def test_money_that_arrives_after_the_cancellation_is_sent_back() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge("cancelled"))

    with published() as messages:
        hear(order_id, a_charge())

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("cancelled", PRICE)
    assert messages == [CancelPayment(order_id=order_id, payment_id=payment.id)]


def test_a_decline_after_the_cancellation_changes_nothing() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge("cancelled"))

    with published() as messages:
        hear(order_id, REFUSAL)

    assert payment_for(order_id).state == "cancelled"
    assert messages == []


def test_money_that_arrives_after_a_refusal_is_sent_back() -> None:
    order_id = a_card_payment()
    hear(order_id, REFUSAL)

    with published() as messages:
        hear(order_id, a_charge())

    assert payment_for(order_id).settles is False
    assert messages == [CancelPayment(order_id=order_id, payment_id=payment_for(order_id).id)]


def test_a_challenge_is_told_with_its_page_and_its_end() -> None:
    order_id = a_card_payment()
    payment_id = payment_for(order_id).id

    with published() as messages:
        for _ in range(2):
            hear(order_id, a_charge("challenge", challenge_url="https://bank.example/c1"))
        assert payment_for(order_id).challenge_url == "https://bank.example/c1"
        for _ in range(2):
            hear(order_id, a_charge("authorised"))

    payment = payment_for(order_id)
    assert (payment.state, payment.challenge_url, payment.held) == ("authorised", "", NOTHING)
    assert ledger_of(order_id) == [("challenged", 0), ("authorised", 1234)]
    assert messages == [
        PaymentChallenged(order_id=order_id, payment_id=payment_id, challenge_url="https://bank.example/c1"),
        PaymentAuthorised(order_id=order_id, payment_id=payment_id, amount=PRICE),
    ]


def test_without_a_challenge_an_authorisation_is_nobody_elses_business() -> None:
    order_id = a_card_payment()

    with published() as messages:
        hear(order_id, a_charge("authorised"), a_charge())

    assert [type(message) for message in messages] == [PaymentCaptured]
    assert ledger_of(order_id) == [("authorised", 1234), ("captured", 1234)]


def test_what_is_older_than_the_ledger_says_nothing() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge(refunded=200))

    with published() as messages:
        hear(order_id, a_charge("pending"), a_charge("challenge"), a_charge("authorised"), a_charge())

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("captured", Money(1034, "GBP"))
    assert messages == []


def test_money_given_back_by_hand_at_the_processor_is_a_refund_too() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge())

    with published() as messages:
        hear(order_id, a_charge(refunded=200), a_charge(refunded=200), a_charge(refunded=500))

    assert [message.amount.amount for message in messages if isinstance(message, PaymentRefunded)] == [
        200,
        300,
    ]
    assert ledger_of(order_id)[1:] == [("refunded", 200), ("refunded", 300)]
    assert payment_for(order_id).refundable == Money(734, "GBP")


@pytest.mark.parametrize(
    ("charge", "refusal"),
    [
        (a_charge(currency="EUR"), CurrencyMismatch),
        (a_charge(captured=1233), ImpossibleCharge),
        (a_charge(captured=2468), ImpossibleCharge),
        (a_charge(refunded=1235), ImpossibleCharge),
        (a_charge(refunded=-1), ImpossibleCharge),
    ],
)
def test_what_cannot_be_about_the_payment_changes_nothing(charge: Charge, refusal: type[Exception]) -> None:
    order_id = a_card_payment()

    with pytest.raises(refusal), transaction.atomic():
        hear(order_id, charge)

    assert (payment_for(order_id).state, ledger_of(order_id)) == ("pending", [])


def test_one_payment_has_one_charge_at_the_processor() -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge("authorised", reference="ch_1"))

    with pytest.raises(OtherReference, match="is ch_1 at the processor, and not ch_2"), transaction.atomic():
        hear(order_id, a_charge(reference="ch_2"))


def test_one_charge_pays_for_one_payment() -> None:
    hear(a_card_payment(), a_charge(reference="ch_1"))

    with pytest.raises(IntegrityError, match="payment_one_per_reference"), transaction.atomic():
        hear(a_card_payment(), a_charge(reference="ch_1"))


def test_a_charge_of_nobody_is_refused() -> None:
    with pytest.raises(PaymentNotFound, match="There is no payment"), transaction.atomic():
        services.settle(payment_id=uuid4(), charge=a_charge())


def test_settling_costs_two_statements_besides_publishing() -> None:
    payment_id = payment_for(a_card_payment()).id

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        services.settle(payment_id=payment_id, charge=a_charge())

    asked = [query["sql"] or "published by a prepared statement" for query in queries]
    assert [sql.split()[0] for sql in asked if "payments_payment" in sql] == ["SELECT", "WITH"]


def test_what_is_no_news_costs_one_statement(django_assert_num_queries: Any) -> None:
    order_id = a_card_payment()
    hear(order_id, a_charge())
    payment_id = payment_for(order_id).id

    with transaction.atomic(), django_assert_num_queries(1):
        services.settle(payment_id=payment_id, charge=a_charge())
