"""Refunds of parts: once each, never more than was captured, whoever asks how often at the same moment."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import Reject
from eventbus.testing import drain, published
from payments import handlers, services
from payments.commands import CancelPayment, CapturePayment, ChargeAccount, RefundPayment
from payments.errors import AmountNotPositive, RefundIdReused, RefundTooLarge, UnknownPayment
from payments.events import PaymentRefunded, RefundFailed
from payments.models import Payment, Refund
from payments.money import CurrencyMismatch, Money
from payments.queries import RefundSummary, payment_of, refunds_of
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import (
    NOTHING,
    PRICE,
    a_card_payment,
    a_charge,
    a_paid_order,
    an_account_payment,
    ask,
    at_once,
    at_processor,
    facts,
    finish,
    ledger_of,
    payment_for,
)

PART = Money(234, "GBP")
REST = Money(1000, "GBP")


def a_refund(order_id: UUID, amount: Money = PART, refund_id: UUID | None = None) -> RefundPayment:
    """The command for a refund."""
    return RefundPayment(
        order_id=order_id, refund_id=refund_id or uuid4(), amount=amount, reason="one teapot came back"
    )


def refunds_in(messages: list[Any]) -> list[tuple[str, int, UUID | None]]:
    """What was said of refunds."""
    return [
        (type(fact).__name__, fact.amount.amount, fact.refund_id)
        for fact in facts(messages)
        if isinstance(fact, PaymentRefunded | RefundFailed)
    ]


@pytest.fixture
def paid(bus: None, sandbox: Sandbox) -> UUID:
    """An order whose money is at the processor."""
    order_id = a_card_payment()
    ask(CapturePayment(order_id=order_id))
    return order_id


def test_parts_are_given_back_until_nothing_is_left(sandbox: Sandbox, paid: UUID) -> None:
    first, second, third = a_refund(paid, PART), a_refund(paid, REST), a_refund(paid, Money(1, "GBP"))

    with published() as messages:
        ask(first)
        ask(second)
        ask(third)

    assert refunds_in(messages) == [
        ("PaymentRefunded", 234, first.refund_id),
        ("PaymentRefunded", 1000, second.refund_id),
        ("RefundFailed", 1, third.refund_id),
    ]
    assert ledger_of(paid) == [("captured", 1234), ("refunded", 234), ("refunded", 1000)]
    assert at_processor(sandbox, paid) == ("captured", 0)
    assert payment_for(paid).state == "captured"


def test_a_refund_that_is_asked_for_twice_is_made_once(sandbox: Sandbox, paid: UUID) -> None:
    command = a_refund(paid)

    with published() as messages:
        ask(command, command)
        drain(twice=True)

    assert refunds_in(messages) == [("PaymentRefunded", 234, command.refund_id)]
    assert at_processor(sandbox, paid) == ("captured", 1000)


def test_a_refund_whose_worker_died_is_made_by_the_next(sandbox: Sandbox, paid: UUID) -> None:
    command = a_refund(paid)
    handlers.refund_payment(command)  # the processor has given it back, and nobody recorded it
    assert at_processor(sandbox, paid) == ("captured", 1000)

    finish(handlers.refund_payment(command))

    assert payment_for(paid).held == REST
    assert at_processor(sandbox, paid) == ("captured", 1000)


def test_more_than_was_captured_is_refused_before_anybody_is_asked(sandbox: Sandbox, paid: UUID) -> None:
    command, asked = a_refund(paid, Money(1235, "GBP")), len(sandbox.log)

    with published() as messages:
        ask(command, command)

    (failed,) = facts(messages)
    assert failed == RefundFailed(
        order_id=paid,
        refund_id=command.refund_id,
        amount=Money(1235, "GBP"),
        reason=f"£12.35 cannot be given back for order {paid}: £12.34 is left of its payment.",
    )
    assert len(sandbox.log) == asked
    assert [(refund.state, refund.amount) for refund in refunds_with(paid)] == [("failed", 1235)]


def test_a_refusal_that_two_workers_come_to_is_said_once(paid: UUID) -> None:
    command = a_refund(paid, Money(1235, "GBP"))
    refusals = [handlers.refund_payment(command) for _ in range(2)]

    with published() as messages:
        for refusal in refusals:
            finish(refusal)

    assert refunds_in(messages) == [("RefundFailed", 1235, command.refund_id)]


def test_a_refund_that_failed_stays_failed_when_there_would_be_room(paid: UUID) -> None:
    first, second = a_refund(paid, REST), a_refund(paid, PRICE)
    ask(first, second)

    with published() as messages:
        ask(second)

    assert facts(messages) == []


def test_a_refund_that_the_processor_refuses_fails_and_gives_its_sum_free(
    sandbox: Sandbox, paid: UUID
) -> None:
    by_hand = {"id": "by-hand", "amount": 1000, "currency": "GBP"}
    sandbox.post(f"/v1/charges/{payment_for(paid).id}/refunds", **by_hand)
    command = a_refund(paid, Money(500, "GBP"))

    with published() as messages:
        ask(command)

    assert refunds_in(messages) == [
        ("PaymentRefunded", 500, None),
        ("RefundFailed", 500, command.refund_id),
        ("PaymentRefunded", 500, None),
    ]
    payment = payment_for(paid)
    assert (payment.held, payment.refundable) == (PART, PART)
    assert at_processor(sandbox, paid) == ("captured", 234)
    (refund,) = refunds_of(paid)
    assert (refund.state, "refund_exceeds_charge" in refund.failure) == ("failed", True)


def test_an_outage_delays_a_refund_and_no_more(sandbox: Sandbox, paid: UUID) -> None:
    sandbox.stop()
    ask(a_refund(paid))
    assert [refund.state for refund in refunds_of(paid)] == ["requested"]
    assert payment_for(paid).refundable == REST

    sandbox.start()
    drain(timezone.now() + timedelta(hours=1))

    assert at_processor(sandbox, paid) == ("captured", 1000)
    assert [refund.state for refund in refunds_of(paid)] == ["done"]


def test_a_cancellation_takes_the_refunds_under_way_with_it(sandbox: Sandbox, paid: UUID) -> None:
    command = a_refund(paid)
    services.reserve_refund(
        order_id=paid, refund_id=command.refund_id, amount=command.amount, reason=command.reason
    )

    with published() as messages:
        ask(CancelPayment(order_id=paid))
        ask(command)

    assert refunds_in(messages) == [
        ("PaymentRefunded", 234, command.refund_id),
        ("PaymentRefunded", 1000, None),
    ]
    assert at_processor(sandbox, paid) == ("cancelled", 0)
    assert payment_for(paid).held == NOTHING


def test_a_webhook_without_a_list_waits_for_the_refund_that_it_tells_of(paid: UUID) -> None:
    command, payment = a_refund(paid), payment_for(paid)
    under_way = handlers.refund_payment(command)

    with published() as messages:
        told = a_charge(reference=payment.reference, refunded=234)
        services.settle(payment_id=payment.id, charge=told)
        finish(under_way)
        services.settle(payment_id=payment.id, charge=told)

    assert refunds_in(messages) == [("PaymentRefunded", 234, command.refund_id)]


def test_an_order_on_account_is_refunded_in_the_books(bus: None) -> None:
    order_id = an_account_payment()
    ask(ChargeAccount(order_id=order_id))
    first, second = a_refund(order_id, PART), a_refund(order_id, PRICE)

    with published() as messages:
        ask(first, first, second)

    assert refunds_in(messages) == [
        ("PaymentRefunded", 234, first.refund_id),
        ("RefundFailed", 1234, second.refund_id),
    ]
    assert ledger_of(order_id) == [("captured", 1234), ("refunded", 234)]


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(
    ("order", "amount", "reason"),
    [
        (uuid4, PART, "No payment was requested"),
        (a_card_payment, PART, "£0.00 is left of its payment"),
        (a_paid_order, Money(234, "EUR"), "EUR cannot be added or compared"),
        (a_paid_order, Money(0, "GBP"), "£0.00 cannot be paid or given back"),
        (a_paid_order, Money(-1, "GBP"), "-£0.01 cannot be paid or given back"),
    ],
)
def test_what_cannot_be_given_back_is_said_and_never_tried_again(
    order: Any, amount: Money, reason: str
) -> None:
    command = a_refund(order(), amount)

    with published() as messages:
        ask(command)

    (failed,) = facts(messages)
    assert isinstance(failed, RefundFailed)
    assert (failed.refund_id, failed.amount) == (command.refund_id, amount)
    assert reason in failed.reason


@pytest.mark.django_db
def test_a_refunds_id_stands_for_one_sum() -> None:
    order_id, refund_id = a_paid_order(), uuid4()
    services.reserve_refund(order_id=order_id, refund_id=refund_id, amount=PART, reason="broken")

    with pytest.raises(RefundIdReused, match=r"was asked for as £2\.34 before"), transaction.atomic():
        services.reserve_refund(order_id=order_id, refund_id=refund_id, amount=REST, reason="broken")
    with pytest.raises(Reject, match="use an id of its own"):
        handlers.refund_payment(a_refund(order_id, REST, refund_id))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("order", "amount", "refusal"),
    [
        (uuid4, PART, UnknownPayment),
        (a_paid_order, Money(1235, "GBP"), RefundTooLarge),
        (a_paid_order, Money(1, "EUR"), CurrencyMismatch),
        (a_paid_order, NOTHING, AmountNotPositive),
    ],
)
def test_staff_hear_at_once_what_cannot_be_given_back(
    order: Any, amount: Money, refusal: type[Exception]
) -> None:
    order_id = order()

    with published() as messages, pytest.raises(refusal), transaction.atomic():
        services.refund_payment(order_id=order_id, amount=amount, reason="broken")

    assert (facts(messages), Refund.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_money_that_came_too_late_goes_back_by_itself_and_not_by_staff() -> None:
    order_id = a_card_payment()
    for charge in (a_charge("declined"), a_charge()):
        services.settle(payment_id=payment_for(order_id).id, charge=charge)

    with pytest.raises(RefundTooLarge, match=r"£0\.00 is left of its payment"), transaction.atomic():
        services.refund_payment(order_id=order_id, amount=PART, reason="broken")

    assert (payment_for(order_id).held, Refund.objects.count()) == (PRICE, 0)


@pytest.mark.usefixtures("bus")
def test_what_staff_give_back_is_on_its_way_and_can_be_asked_for() -> None:
    order_id = a_paid_order()

    with published() as messages:
        refund_id = services.refund_payment(order_id=order_id, amount=PART, reason="a broken lid")

    assert messages == [
        RefundPayment(order_id=order_id, refund_id=refund_id, amount=PART, reason="a broken lid")
    ]
    (refund,) = refunds_of(order_id)
    assert refund == RefundSummary(
        refund_id=refund_id,
        amount=PART,
        reason="a broken lid",
        state="requested",
        failure="",
        requested_at=refund.requested_at,
    )
    summary = payment_of(order_id)
    assert summary is not None
    assert summary.refundable == REST


@pytest.mark.usefixtures("bus")
def test_refunds_at_the_same_moment_never_exceed_what_was_captured() -> None:
    order_id = a_paid_order()
    ask_for = partial(services.reserve_refund, order_id=order_id, amount=Money(300, "GBP"), reason="")

    tried = at_once(*[partial(ask_for, refund_id=uuid4()) for _ in range(8)])

    assert sum(isinstance(result, Refund) for result in tried) == 4
    assert [type(result) for result in tried if not isinstance(result, Refund)] == [RefundTooLarge] * 4
    assert Payment.objects.get(order_id=order_id).refunds_requested == 1200


@pytest.mark.usefixtures("bus")
def test_one_refund_at_the_same_moment_is_one_refund() -> None:
    order_id, refund_id = a_paid_order(), uuid4()

    tried = at_once(
        *[
            partial(services.reserve_refund, order_id=order_id, refund_id=refund_id, amount=PART, reason="")
            for _ in range(6)
        ]
    )

    assert {type(result) for result in tried} == {Refund}
    assert payment_for(order_id).refundable == REST


def refunds_with(order_id: UUID) -> list[Refund]:
    """The refunds as they are kept."""
    return list(Refund.objects.filter(payment__order_id=order_id))
