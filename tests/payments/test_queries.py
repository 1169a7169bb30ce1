"""What other rooms are told about payments."""

from uuid import uuid4

import pytest

from payments.models import Payment
from payments.money import Money
from payments.queries import PaymentSummary, Totals, ledger_differences, payment_of, totals
from payments.services import cancel_account_payment, credit_account, settle
from tests.payments.builders import NOTHING, PRICE, a_card_payment, a_charge, an_account_payment, payment_for

pytestmark = pytest.mark.django_db


def test_an_order_without_a_payment_has_none() -> None:
    assert payment_of(uuid4()) is None


def test_a_payment_is_summed_up() -> None:
    order_id = a_card_payment("tok_declined")
    settle(
        payment_id=payment_for(order_id).id,
        charge=a_charge("declined", reason="card_declined", message="The bank said no."),
    )

    assert payment_of(order_id) == PaymentSummary(
        payment_id=payment_for(order_id).id,
        state="declined",
        method="card",
        due=PRICE,
        captured=NOTHING,
        refunded=NOTHING,
        refundable=NOTHING,
        decline_reason="card_declined",
        decline_message="The bank said no.",
        challenge_url="",
    )


def test_nothing_adds_up_to_nothing() -> None:
    assert totals() == {}


def test_totals_are_kept_by_currency() -> None:
    an_account_payment(Money(500, "GBP"), charged=True)
    an_account_payment(Money(700, "GBP"))
    cancel_account_payment(order_id=an_account_payment(Money(30, "GBP"), charged=True))
    an_account_payment(Money(90, "EUR"), charged=True)
    credit_account(credit_id=uuid4(), customer_reference="1", amount=Money(8, "USD"), reason="C1")

    assert totals() == {
        "EUR": Totals(captured=Money(90, "EUR"), refunded=Money(0, "EUR"), credited=Money(0, "EUR")),
        "GBP": Totals(captured=Money(530, "GBP"), refunded=Money(30, "GBP"), credited=Money(0, "GBP")),
        "USD": Totals(captured=Money(0, "USD"), refunded=Money(0, "USD"), credited=Money(8, "USD")),
    }


def test_totals_equal_the_ledger_and_a_difference_would_be_seen() -> None:
    right, wrong = an_account_payment(charged=True), an_account_payment()
    cancel_account_payment(order_id=right)
    assert ledger_differences() == []

    Payment.objects.filter(order_id=wrong).update(captured=1)

    assert ledger_differences() == [wrong]


def test_a_state_that_the_ledger_does_not_tell_of_is_a_difference_too() -> None:
    order_id = an_account_payment(charged=True)

    Payment.objects.filter(order_id=order_id).update(state="cancelled")

    assert ledger_differences() == [order_id]
