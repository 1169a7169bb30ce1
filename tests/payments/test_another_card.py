"""Another card for the same order: whatever the shopper does in two tabs, one payment counts."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus.testing import drain, published
from payments import handlers, services
from payments.commands import CancelPayment, CapturePayment
from payments.errors import AlreadyPaid, CardRequired, PaymentEnded, PaymentUnderWay, UnknownPayment
from payments.events import PaymentCancelled, PaymentCaptured, PaymentDuplicated
from payments.gateways import card_gateway
from payments.models import Payment
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import (
    PRICE,
    a_card_payment,
    a_charge,
    a_paid_order,
    an_account_payment,
    answer_bank,
    ask,
    at_once,
    entries_of,
    facts,
    finish,
    held_for,
    payment_for,
)

pytestmark = pytest.mark.usefixtures("bus")


def challenged(card: str = "tok_challenge") -> tuple[UUID, Payment]:
    """An order whose shopper is asked to confirm, and that payment."""
    order_id = a_card_payment(card)
    ask(CapturePayment(order_id=order_id))
    return order_id, payment_for(order_id)


def hear(payment: Payment, sandbox: Sandbox) -> None:
    """The processor's webhook about a payment arrives."""
    gateway = card_gateway(payment.provider)
    charge = gateway.find(payment_id=payment.id, reference=payment.reference, currency="GBP")
    services.settle(payment_id=payment.id, charge=charge)


def deliver() -> None:
    """Carry out what was asked for."""
    drain(timezone.now())


def test_the_new_card_is_charged_and_the_old_payment_called_off(sandbox: Sandbox) -> None:
    order_id, old = challenged()

    with published() as messages:
        new_id = services.try_another_card(order_id=order_id, card_token="tok_visa")
        deliver()

    assert payment_for(order_id).id == new_id
    assert facts(messages) == [
        PaymentCaptured(order_id=order_id, payment_id=new_id, amount=PRICE, method="card")
    ]
    assert held_for(sandbox, old.id) == ("cancelled", 0)
    assert held_for(sandbox, new_id) == ("captured", 1234)
    assert entries_of(old.id) == [("challenged", 0), ("cancelled", 0)]
    assert entries_of(new_id) == [("captured", 1234)]


def test_the_old_tab_is_told_that_there_is_nothing_left_to_confirm(sandbox: Sandbox) -> None:
    order_id, old = challenged()
    services.try_another_card(order_id=order_id, card_token="tok_visa")
    deliver()

    answer_bank(old, "confirm")

    assert held_for(sandbox, old.id) == ("cancelled", 0)


@pytest.mark.parametrize("heard_first", ["old", "new"])
def test_two_cards_confirmed_in_two_tabs_are_one_payment_and_one_authorisation_given_up(
    sandbox: Sandbox, heard_first: str
) -> None:
    order_id, old = challenged("tok_challenge")
    new_id = services.try_another_card(order_id=order_id, card_token="tok_challenge")
    finish(handlers.capture_payment(CapturePayment(order_id=order_id)))
    new = payment_for(order_id)
    for payment in (old, new):
        answer_bank(payment, "confirm")

    with published() as messages:
        for payment in (old, new) if heard_first == "old" else (new, old):
            hear(payment, sandbox)
        ask(CapturePayment(order_id=order_id))

    assert [fact for fact in facts(messages) if isinstance(fact, PaymentCaptured | PaymentDuplicated)] == [
        PaymentCaptured(order_id=order_id, payment_id=new_id, amount=PRICE, method="card")
    ]
    assert held_for(sandbox, old.id) == ("cancelled", 0)
    assert held_for(sandbox, new_id) == ("captured", 1234)
    assert entries_of(old.id) == [("challenged", 0), ("authorised", 1234), ("cancelled", 0)]


@pytest.mark.parametrize("heard_first", ["old", "new"])
def test_two_wallets_confirmed_in_two_tabs_are_one_payment_and_one_refund(
    sandbox: Sandbox, heard_first: str
) -> None:
    order_id, old = challenged("tok_wallet")
    new_id = services.try_another_card(order_id=order_id, card_token="tok_wallet")
    finish(handlers.capture_payment(CapturePayment(order_id=order_id)))
    new = payment_for(order_id)
    for payment in (old, new):
        answer_bank(payment, "confirm")
    assert held_for(sandbox, old.id) == held_for(sandbox, new_id) == ("captured", 1234)

    with published() as messages:
        for payment in (old, new) if heard_first == "old" else (new, old):
            hear(payment, sandbox)
        deliver()

    captured = PaymentCaptured(order_id=order_id, payment_id=new_id, amount=PRICE, method="card")
    duplicated = PaymentDuplicated(order_id=order_id, payment_id=old.id, amount=PRICE)
    assert facts(messages) == ([duplicated, captured] if heard_first == "old" else [captured, duplicated])
    assert held_for(sandbox, old.id) == ("cancelled", 0)
    assert held_for(sandbox, new_id) == ("captured", 1234)
    assert entries_of(old.id) == [
        ("challenged", 0),
        ("captured", 1234),
        ("duplicated", 1234),
        ("refunded", 1234),
        ("cancelled", 0),
    ]


def test_a_capture_under_way_when_the_card_is_changed_is_given_back(sandbox: Sandbox) -> None:
    order_id = a_card_payment("tok_visa")
    old = payment_for(order_id)
    under_way = handlers.capture_payment(CapturePayment(order_id=order_id))

    new_id = services.try_another_card(order_id=order_id, card_token="tok_visa")
    finish(under_way)
    deliver()

    assert held_for(sandbox, old.id) == ("cancelled", 0)
    assert held_for(sandbox, new_id) == ("captured", 1234)


def test_a_cancellation_under_way_when_the_card_is_changed_reaches_the_new_one_too(sandbox: Sandbox) -> None:
    order_id, _ = challenged()
    under_way = handlers.cancel_payment(CancelPayment(order_id=order_id))
    new_id = services.try_another_card(order_id=order_id, card_token="tok_visa")

    with published() as messages:
        finish(under_way)
        deliver()

    assert held_for(sandbox, new_id) == ("cancelled", 0)
    assert [fact for fact in facts(messages) if isinstance(fact, PaymentCancelled)] == [
        PaymentCancelled(order_id=order_id, payment_id=new_id)
    ]


def authorised() -> UUID:
    """An order whose bank has just said yes."""
    order_id = a_card_payment()
    services.settle(
        payment_id=payment_for(order_id).id, charge=a_charge("authorised", reference=f"{order_id}")
    )
    return order_id


def declined() -> UUID:
    """An order whose card was refused."""
    order_id = a_card_payment()
    services.settle(payment_id=payment_for(order_id).id, charge=a_charge("declined"))
    return order_id


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (a_paid_order, AlreadyPaid),
        (authorised, PaymentUnderWay),
        (declined, PaymentEnded),
        (an_account_payment, UnknownPayment),
        (uuid4, UnknownPayment),
    ],
)
def test_another_card_is_for_payments_that_wait(order: Callable[[], UUID], refusal: type[Exception]) -> None:
    order_id = order()
    before = list(Payment.objects.values())

    with published() as messages, pytest.raises(refusal), transaction.atomic():
        services.try_another_card(order_id=order_id, card_token="tok_visa")

    assert (list(Payment.objects.values()), messages) == (before, [])


def test_another_card_must_be_a_card() -> None:
    with pytest.raises(CardRequired), transaction.atomic():
        services.try_another_card(order_id=a_card_payment(), card_token="")


def test_a_capture_and_a_change_of_card_at_the_same_moment_agree_on_which_counts(sandbox: Sandbox) -> None:
    for round_number in range(12):
        order_id = a_card_payment()
        old = payment_for(order_id)
        charge = a_charge(reference=f"ch_{round_number}")

        _, changed = at_once(
            partial(services.settle, payment_id=old.id, charge=charge),
            partial(services.try_another_card, order_id=order_id, card_token="tok_visa"),
        )

        old.refresh_from_db()
        assert old.captured == 1234
        assert (old.settles, old.replaced) == (
            (True, False) if isinstance(changed, AlreadyPaid) else (False, True)
        )


def test_several_changes_of_card_at_the_same_moment_leave_one_current_payment(sandbox: Sandbox) -> None:
    order_id = a_card_payment()

    tried = at_once(
        *[partial(services.try_another_card, order_id=order_id, card_token="tok_visa") for _ in range(6)]
    )
    deliver()

    assert all(isinstance(payment_id, UUID) for payment_id in tried)
    assert Payment.objects.filter(order_id=order_id).count() == 7
    current = payment_for(order_id)
    assert (current.settles, held_for(sandbox, current.id)) == (True, ("captured", 1234))
    others = [payment_id for payment_id in tried if payment_id != current.id]
    assert [held_for(sandbox, payment_id) for payment_id in others] == [("cancelled", 0)] * 5
