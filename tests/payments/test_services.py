"""What the payment verbs change, publish and refuse."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from eventbus import backdated
from eventbus.testing import published
from payments import services
from payments.errors import (
    AmountNotPositive,
    AmountTooLarge,
    CardRequired,
    PaymentAlreadyRequested,
    UnknownCard,
    UnknownPayment,
)
from payments.events import (
    AccountCredited,
    PaymentCancelled,
    PaymentCaptured,
    PaymentRefunded,
)
from payments.models import AccountCredit, Payment, PaymentEntry
from payments.money import Money
from tests.payments.builders import (
    NOTHING,
    PRICE,
    a_card_payment,
    an_account_payment,
    ledger_of,
    payment_for,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("number", "token"),
    [
        ("4242 4242 4242 4242", "tok_visa"),
        ("4000-0000-0000-0002", "tok_declined"),
        ("4000000000009995", "tok_insufficient"),
        (" 4000 0000 0000 0341 ", "tok_timeout"),
        ("4000 0000 0000 0119", "tok_down"),
        ("4000 0000 0000 3220", "tok_challenge"),
        ("4000 0000 0000 0077", "tok_instant"),
        ("4000 0000 0000 3063", "tok_wallet"),
        ("4000 0000 0000 0259", "tok_noisy"),
    ],
)
def test_a_test_card_has_a_token(number: str, token: str) -> None:
    assert services.tokenise(number) == token


@pytest.mark.parametrize("number", ["", "4242", "4111 1111 1111 1111", "tok_visa"])
def test_a_real_card_is_refused_and_never_repeated(number: str) -> None:
    with pytest.raises(UnknownCard) as refusal:
        services.tokenise(number)

    assert str(refusal.value) == "This shop takes test cards only. Try 4242 4242 4242 4242."


def test_a_requested_payment_takes_nothing_yet() -> None:
    with published() as messages:
        order_id = a_card_payment()

    payment = payment_for(order_id)
    assert (payment.state, payment.due, payment.held) == ("pending", PRICE, NOTHING)
    assert messages == []


def test_an_order_has_one_payment() -> None:
    order_id = a_card_payment()

    with pytest.raises(PaymentAlreadyRequested, match="was requested before"), transaction.atomic():
        services.request_payment(order_id=order_id, amount=PRICE, method="account")


def test_a_card_payment_needs_a_card() -> None:
    with pytest.raises(CardRequired, match="no card was given"), transaction.atomic():
        services.request_payment(order_id=uuid4(), amount=PRICE, method="card")


@pytest.mark.parametrize("amount", [0, -1])
def test_a_card_cannot_pay_nothing(amount: int) -> None:
    with pytest.raises(AmountNotPositive, match="name an amount above zero"), transaction.atomic():
        a_card_payment(amount=Money(amount, "GBP"))


def test_an_order_on_account_may_cost_nothing_but_not_less() -> None:
    order_id = an_account_payment(NOTHING, charged=True)

    assert (payment_for(order_id).state, ledger_of(order_id)) == ("captured", [("captured", 0)])
    with pytest.raises(AmountNotPositive), transaction.atomic():
        an_account_payment(Money(-1, "GBP"))


def test_an_absurd_amount_is_refused() -> None:
    a_card_payment(amount=Money(10**12, "GBP"))

    with pytest.raises(AmountTooLarge, match=r"the limit is £10,000,000,000\.00"), transaction.atomic():
        a_card_payment(amount=Money(10**12 + 1, "GBP"))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"amount": NOTHING, "method": "card", "card_token": "tok_visa"}, AmountNotPositive),
        ({"amount": Money(10**13, "GBP"), "method": "account"}, AmountTooLarge),
        ({"amount": PRICE, "method": "card"}, CardRequired),
    ],
)
def test_a_refused_request_leaves_no_payment(fields: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal), transaction.atomic():
        services.request_payment(order_id=uuid4(), **fields)

    assert not Payment.objects.exists()


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="cheque"), transaction.atomic():
        services.request_payment(order_id=uuid4(), amount=PRICE, method="cheque")


def test_charging_the_account_captures_what_is_due_once() -> None:
    order_id = an_account_payment()

    with published() as messages:
        services.charge_account(order_id=order_id)
        services.charge_account(order_id=order_id)

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("captured", PRICE)
    assert ledger_of(order_id) == [("captured", 1234)]
    assert messages == [
        PaymentCaptured(order_id=order_id, payment_id=payment.id, amount=PRICE, method="account")
    ]


def test_an_account_charge_speaks_of_its_own_time() -> None:
    day = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)

    with backdated(day):
        order_id = an_account_payment(charged=True)

    assert payment_for(order_id).requested_at == day
    assert PaymentEntry.objects.get(payment__order_id=order_id).recorded_at == day


@pytest.mark.parametrize("wrong", [a_card_payment, uuid4])
def test_only_a_payment_on_account_charges_the_account(wrong: Any) -> None:
    with pytest.raises(UnknownPayment, match="No payment by account"), transaction.atomic():
        services.charge_account(order_id=wrong())


def test_an_account_payment_costs_three_statements_besides_publishing() -> None:
    with (
        CaptureQueriesContext(
            connection,
        ) as requested,
        transaction.atomic(),
    ):
        order_id = an_account_payment()
    with CaptureQueriesContext(connection) as charged, transaction.atomic():
        services.charge_account(order_id=order_id)

    assert _payment_statements(requested) == ["INSERT"]
    assert _payment_statements(charged) == ["SELECT", "WITH"]


def _payment_statements(queries: Any) -> list[str]:
    statements = [query["sql"] or "published by a prepared statement" for query in queries.captured_queries]
    return [statement.split()[0] for statement in statements if "payments_payment" in statement]


def test_an_order_is_taken_off_the_account() -> None:
    order_id = an_account_payment(charged=True)

    with published() as messages:
        services.cancel_account_payment(order_id=order_id)
        services.cancel_account_payment(order_id=order_id)

    payment = payment_for(order_id)
    assert (payment.state, payment.held) == ("cancelled", NOTHING)
    assert messages == [
        PaymentRefunded(order_id=order_id, payment_id=payment.id, amount=PRICE, reference="account"),
        PaymentCancelled(order_id=order_id, payment_id=payment.id),
    ]


def test_an_order_cancelled_before_it_was_charged_stays_off_the_account() -> None:
    order_id = an_account_payment()
    services.cancel_account_payment(order_id=order_id)

    with published() as messages:
        services.charge_account(order_id=order_id)

    assert payment_for(order_id).held == NOTHING
    assert messages == []


def test_a_credit_note_counts_once() -> None:
    credit_id = uuid4()

    with published() as messages:
        for _ in range(2):
            services.credit_account(
                credit_id=credit_id, customer_reference="17850", amount=PRICE, reason="C536379"
            )

    assert [credit.amount for credit in AccountCredit.objects.all()] == [1234]
    assert messages == [
        AccountCredited(credit_id=credit_id, customer_reference="17850", amount=PRICE, reason="C536379")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"refunded": 1},
        {"amount": -1},
        {"card_token": ""},
        {"captured": 1235},
        {"captured": 100, "refunds_requested": 101},
        {"captured": 100, "refunds_requested": 10, "refunded": 11},
        {"settles": True, "replaced": True},
    ],
)
def test_the_database_refuses_an_impossible_payment(change: dict[str, Any]) -> None:
    order_id = a_card_payment()

    with pytest.raises(IntegrityError, match="payment_"), transaction.atomic():
        Payment.objects.filter(order_id=order_id).update(**change)


@pytest.mark.parametrize(
    "rewrite", ["UPDATE payments_paymententry SET amount = 0", "DELETE FROM payments_paymententry"]
)
def test_the_database_refuses_to_rewrite_the_ledger(rewrite: str) -> None:
    an_account_payment(charged=True)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(rewrite)
