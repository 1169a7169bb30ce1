"""Payments made by another process: this side asks and keeps copies, the other side's word wins."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from eventbus import Event, drain, send
from eventbus.testing import published
from payments import queries, services
from payments.commands import CancelPayment, CapturePayment, LookUpPayment
from payments.events import (
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentDuplicated,
    PaymentRefunded,
    PaymentRequested,
    RefundFailed,
)
from payments.models import Payment, Refund
from payments.money import Money
from tests.fixtures.sandbox import Sandbox

PRICE, NOTHING = Money(1234, "GBP"), Money(0, "GBP")
ORDER, FIRST, SECOND = UUID(int=1), UUID(int=11), UUID(int=12)
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("bus")


def requested(payment_id: UUID, card_token: str = "tok_visa", **changes: Any) -> PaymentRequested:
    told: dict[str, Any] = {"method": "card", "amount": PRICE, "return_url": "https://shop.example/back"}
    return PaymentRequested(
        order_id=ORDER, payment_id=payment_id, card_token=card_token, requested_at=THEN, **told | changes
    )


def states() -> list[tuple[UUID, str, bool]]:
    return list(Payment.objects.order_by("id").values_list("id", "state", "replaced"))


@pytest.fixture
def _elsewhere(settings: Settings) -> None:
    settings.PAYMENTS_ELSEWHERE = True
    settings.SANDBOX_ENABLED = False  # no processor is known here


def ask(card_token: str = "tok_visa") -> UUID:
    return services.request_payment(
        order_id=ORDER, amount=PRICE, method="card", card_token=card_token, return_url="https://shop.example"
    )


def paid() -> UUID:
    """A payment whose copy says that it was captured."""
    payment_id = ask()
    captured = PaymentCaptured(order_id=ORDER, payment_id=payment_id, amount=PRICE, method="card")
    services.follow_payment(captured)
    return payment_id


def given_back(payment_id: UUID, amount: Money, refund_id: UUID | None = None) -> PaymentRefunded:
    """What the other side says of money that has gone back."""
    return PaymentRefunded(
        order_id=ORDER, payment_id=payment_id, amount=amount, reference="ch_1", refund_id=refund_id
    )


def sums() -> tuple[Money, Money]:
    """Of the copy: what was given back, and what can still be asked back."""
    summary = queries.payment_of(ORDER)
    assert summary
    return summary.refunded, summary.refundable


@pytest.mark.usefixtures("_elsewhere")
class TestTheSideThatAsks:
    def test_what_is_due_is_announced_beside_the_row(self) -> None:
        with published() as messages:
            payment_id = ask()

        (announced,) = messages
        assert isinstance(announced, PaymentRequested)
        told = (announced.payment_id, announced.amount, announced.card_token, announced.return_url)
        assert told == (payment_id, PRICE, "tok_visa", "https://shop.example")
        assert Payment.objects.get().provider == ""

    def test_another_card_is_announced_before_the_commands_about_it(self) -> None:
        first = ask()

        with published() as messages:
            second = services.try_another_card(order_id=ORDER, card_token="tok_instant")

        announced, *commands = messages
        assert isinstance(announced, PaymentRequested)
        assert announced.payment_id == second
        assert commands == [CancelPayment(order_id=ORDER, payment_id=first), CapturePayment(order_id=ORDER)]

    def test_the_processor_is_asked_over_there(self) -> None:
        ask()

        with published() as messages:
            services.look_up(order_id=ORDER)

        assert messages == [LookUpPayment(order_id=ORDER)]

    def test_the_copy_follows_a_payment_to_its_money_and_back(self) -> None:
        payment_id, told = ask(), {"order_id": ORDER}
        told["payment_id"] = payment_id
        services.follow_payment(PaymentChallenged(**told, challenge_url="https://bank.example"))
        summary = queries.payment_of(ORDER)
        assert summary
        assert (summary.state, summary.challenge_url) == ("challenged", "https://bank.example")
        services.follow_payment(PaymentAuthorised(**told, amount=PRICE))
        services.follow_payment(PaymentCaptured(**told, amount=PRICE, method="card"))
        summary = queries.payment_of(ORDER)
        assert summary
        assert (summary.state, summary.captured, summary.refundable) == ("captured", PRICE, PRICE)
        part = Money(234, "GBP")
        services.follow_refund(PaymentRefunded(**told, amount=part, reference="re_1", refund_id=UUID(int=5)))
        services.follow_refund(PaymentRefunded(**told, amount=part, reference="ch_1"))
        services.follow_payment(PaymentCancelled(**told))

        summary = queries.payment_of(ORDER)
        assert summary
        assert (summary.state, summary.refunded) == ("cancelled", Money(468, "GBP"))
        assert [(one.state, one.amount) for one in queries.refunds_of(ORDER)] == [("done", part)]
        assert queries.ledger_differences() == []

    def test_the_copy_follows_a_decline_and_nothing_is_published_for_it(self) -> None:
        declined = PaymentDeclined(order_id=ORDER, payment_id=ask(), reason="card_declined", message="No.")

        with published() as messages:
            services.follow_payment(declined)

        summary = queries.payment_of(ORDER)
        assert summary
        assert (summary.state, summary.decline_reason, summary.decline_message) == (
            "declined",
            "card_declined",
            "No.",
        )
        assert messages == []

    def test_a_refund_that_was_asked_for_here_ends_as_it_is_told(self) -> None:
        payment_id, part = paid(), Money(100, "GBP")
        made, failed = (services.refund_payment(order_id=ORDER, amount=part, reason="late") for _ in range(2))
        services.follow_refund(given_back(payment_id, part, made))
        services.follow_failure(RefundFailed(order_id=ORDER, refund_id=failed, amount=part, reason="closed"))

        ends = dict(Refund.objects.values_list("id", "state"))
        assert ends == {made: "done", failed: "failed"}
        assert sums() == (part, Money(1134, "GBP"))

    def test_a_cancellation_over_there_overtakes_a_refund_that_was_asked_for_here(self) -> None:
        payment_id, part = paid(), Money(100, "GBP")
        refund_id = services.refund_payment(order_id=ORDER, amount=part, reason="late")

        services.follow_refund(given_back(payment_id, PRICE))
        services.follow_payment(PaymentCancelled(order_id=ORDER, payment_id=payment_id))
        services.follow_failure(
            RefundFailed(order_id=ORDER, refund_id=refund_id, amount=part, reason="nothing is left")
        )

        assert sums() == (PRICE, NOTHING)
        assert [(one.state, one.failure) for one in queries.refunds_of(ORDER)] == [
            ("failed", "nothing is left")
        ]
        assert queries.ledger_differences() == []

    def test_what_was_given_back_by_hand_over_there_leaves_no_room_for_a_refund_until_it_has_failed(
        self,
    ) -> None:
        payment_id, most = paid(), Money(1000, "GBP")
        refund_id = services.refund_payment(order_id=ORDER, amount=most, reason="late")

        services.follow_refund(given_back(payment_id, Money(500, "GBP")))
        assert sums() == (Money(500, "GBP"), NOTHING)
        services.follow_failure(
            RefundFailed(order_id=ORDER, refund_id=refund_id, amount=most, reason="too much")
        )

        assert sums() == (Money(500, "GBP"), Money(734, "GBP"))
        assert queries.ledger_differences() == []

    def test_a_refund_that_failed_in_another_currency_is_no_refund_of_this_payment(self) -> None:
        ask()
        services.follow_failure(
            RefundFailed(order_id=ORDER, refund_id=UUID(int=5), amount=Money(1, "EUR"), reason="euros")
        )

        assert queries.refunds_of(ORDER) == ()

    def test_a_refund_that_failed_without_having_been_asked_for_here_is_shown(self) -> None:
        ask()
        services.follow_failure(
            RefundFailed(order_id=ORDER, refund_id=UUID(int=5), amount=PRICE, reason="nothing was captured")
        )

        (refund,) = queries.refunds_of(ORDER)
        assert (refund.state, refund.failure) == ("failed", "nothing was captured")

    def test_where_the_first_card_was_faster_the_copy_goes_back_to_it(self) -> None:
        first = ask("tok_challenge")
        second = services.try_another_card(order_id=ORDER, card_token="tok_visa")

        services.follow_payment(
            PaymentCaptured(order_id=ORDER, payment_id=first, amount=PRICE, method="card")
        )

        assert {pk: (state, gone) for pk, state, gone in states()} == {
            first: ("captured", False),
            second: ("pending", True),
        }

    def test_money_for_a_card_given_up_is_noted_and_counts_for_nothing(self) -> None:
        first = ask("tok_challenge")
        second = services.try_another_card(order_id=ORDER, card_token="tok_visa")

        services.follow_payment(PaymentDuplicated(order_id=ORDER, payment_id=first, amount=PRICE))

        summary = queries.payment_of(ORDER)
        assert summary
        assert (summary.payment_id, summary.captured) == (second, NOTHING)


class TestTheSideThatPays:
    def test_a_request_becomes_the_payment_once(self) -> None:
        services.open_payment(requested(FIRST))
        services.open_payment(requested(FIRST))

        payment = Payment.objects.get()
        kept = (payment.id, payment.due, payment.card_token, payment.provider, payment.requested_at)
        assert kept == (FIRST, PRICE, "tok_visa", "sandbox", THEN)

    def test_another_card_takes_the_place_of_one_that_waits(self) -> None:
        services.open_payment(requested(FIRST))
        services.open_payment(requested(SECOND))

        assert states() == [(FIRST, "pending", True), (SECOND, "pending", False)]

    def test_another_card_comes_too_late_where_the_first_has_paid_and_its_cancellation_too(
        self, sandbox: Sandbox
    ) -> None:
        services.open_payment(requested(FIRST))
        handle(CapturePayment(order_id=ORDER))
        services.open_payment(requested(SECOND))
        with published() as messages:
            handle(CancelPayment(order_id=ORDER, payment_id=FIRST), CapturePayment(order_id=ORDER))

        assert states() == [(FIRST, "captured", False)]
        assert [message for message in messages if isinstance(message, Event)] == []
        assert sandbox.get(f"/v1/charges/{FIRST}")["charge"]["refunded"] == 0

    def test_who_is_back_from_the_bank_has_the_processor_asked(self, sandbox: Sandbox) -> None:
        services.open_payment(requested(FIRST, "tok_challenge"))
        handle(CapturePayment(order_id=ORDER))
        page = Payment.objects.get().challenge_url
        sandbox.request("POST", page.removeprefix(sandbox.url), data={"answer": "confirm"})

        handle(LookUpPayment(order_id=ORDER))

        assert states() == [(FIRST, "authorised", False)]

    def test_looking_up_what_is_not_there_does_nothing(self) -> None:
        with published() as messages:
            handle(LookUpPayment(order_id=uuid4()))

        assert [message for message in messages if isinstance(message, Event)] == []


def handle(*commands: Any) -> None:
    """Send them and have them done."""
    with transaction.atomic():
        send(*commands)
    drain()
