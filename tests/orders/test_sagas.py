"""The checkout saga, by the commands it sends."""

from uuid import UUID

import pytest
from django.db import transaction

from eventbus import Command, Event
from eventbus.sagas import Later
from eventbus.testing import Scenario, scenario
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.events import Shortage, StockLine, StockRejected, StockReserved
from inventory.models import Reservation
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.events import (
    CancellationRequested,
    ConfirmationOverdue,
    OrderConfirmed,
    PaymentOverdue,
    Requester,
    ReservationLost,
    ReservationOverdue,
    ShipmentRefused,
    ShipmentScheduled,
    ShippingOverdue,
)
from orders.queries import order_state
from orders.sagas import Checkout
from orders.services.fulfilling import record
from payments import services as payments
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentDeclined
from payments.models import Payment
from tests.orders.builders import NOON, ORDER, a_line, an_order_placed, pounds

pytestmark = pytest.mark.django_db
ANY = UUID(int=7)
TOTAL = pounds("20.95")
PLACED = an_order_placed()
RESERVED = StockReserved(order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=2),))
CAPTURED = PaymentCaptured(order_id=ORDER, payment_id=ANY, amount=TOTAL, method="card")


def confirmed(delivery: str = "carrier") -> OrderConfirmed:
    return OrderConfirmed(order_id=ORDER, units=2, total=TOTAL, delivery=delivery, confirmed_at=NOON)


HOLD_AGAIN = ReserveStock(order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=2),), hold_seconds=1200)
AUTHORISED = PaymentAuthorised(order_id=ORDER, payment_id=ANY, amount=TOTAL)


@transaction.atomic
def place() -> None:
    """Let there be the order that the scenarios speak of."""
    record(None, PLACED)


def hold(state: str) -> None:
    """Let inventory know of the order's goods."""
    Reservation.objects.create(order_id=ORDER, state=state, made_at=NOON, changed_at=NOON, expires_at=NOON)


def cancel(reason: str, message: str = "") -> CancelOrder:
    return CancelOrder(order_id=ORDER, reason=reason, message=message)


@pytest.fixture
def by_card() -> Scenario:
    payments.request_payment(order_id=ORDER, amount=TOTAL, method="card", card_token="tok_visa")
    return scenario(Checkout)


@pytest.fixture
def on_account() -> Scenario:
    payments.request_payment(order_id=ORDER, amount=TOTAL, method="account")
    return scenario(Checkout)


def test_an_order_reserves_its_goods_first() -> None:
    placed = an_order_placed(lines=(a_line("MUG-RED", 2), a_line("POT", 1)))

    scenario(Checkout).when(placed).sends(
        ReserveStock(
            order_id=ORDER,
            lines=(StockLine(sku="MUG-RED", quantity=2), StockLine(sku="POT", quantity=1)),
            hold_seconds=1200,
        )
    ).waits(Later(ReservationOverdue(order_id=ORDER), 600))


def test_the_goods_of_a_wholesale_order_are_held_until_it_ends() -> None:
    placed = an_order_placed(payment_method="account", delivery="own")

    scenario(Checkout).when(placed).sends(
        ReserveStock(order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=2),))
    ).waits()


def test_reserved_goods_are_paid_by_card_within_a_quarter_of_an_hour(by_card: Scenario) -> None:
    by_card.given(PLACED).when(RESERVED).sends(CapturePayment(order_id=ORDER)).waits(
        Later(PaymentOverdue(order_id=ORDER), 900)
    )


def test_a_wholesale_order_is_charged_to_its_account_without_a_deadline(on_account: Scenario) -> None:
    on_account.given(PLACED).when(RESERVED).sends(ChargeAccount(order_id=ORDER)).waits()


def test_a_paid_order_is_confirmed_within_a_day(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED).when(CAPTURED).sends(ConfirmOrder(order_id=ORDER)).waits(
        Later(ConfirmationOverdue(order_id=ORDER), 86_400)
    )


def test_a_confirmed_challenge_captures_while_the_goods_are_held(by_card: Scenario) -> None:
    hold("active")

    by_card.given(PLACED, RESERVED).when(AUTHORISED).sends(CapturePayment(order_id=ORDER))


def test_a_confirmed_challenge_takes_the_goods_again_when_their_hold_ran_out(by_card: Scenario) -> None:
    place()
    hold("expired")

    by_card.given(PLACED, RESERVED).when(AUTHORISED).sends(HOLD_AGAIN)


def test_goods_taken_again_go_on_to_the_capture(by_card: Scenario) -> None:
    place()
    hold("expired")
    story = by_card.given(PLACED, RESERVED, AUTHORISED)
    Payment.objects.update(state="authorised")

    story.when(RESERVED).sends(CapturePayment(order_id=ORDER)).waits()


def test_a_paid_order_whose_hold_ran_out_takes_its_goods_again_and_is_confirmed(by_card: Scenario) -> None:
    place()

    story = by_card.given(PLACED, RESERVED, CAPTURED).when(ReservationLost(order_id=ORDER)).sends(HOLD_AGAIN)

    Payment.objects.update(state="captured")
    story.when(RESERVED).sends(ConfirmOrder(order_id=ORDER))


@pytest.mark.parametrize("state", ["challenged", "authorised", "captured"])
def test_goods_that_are_gone_when_they_are_taken_again_end_in_a_shortfall(
    by_card: Scenario, state: str
) -> None:
    story = by_card.given(PLACED, RESERVED)
    Payment.objects.update(state=state)

    story.when(StockRejected(order_id=ORDER, reason="out_of_stock")).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "shortfall",
            "Your payment took so long that we had to release your items, and they have been sold since. "
            "We have cancelled the order and give back whatever your bank has taken.",
        ),
    ).completes()


def test_an_order_whose_goods_nobody_could_reserve_in_time_ends() -> None:
    scenario(Checkout).given(PLACED).when(ReservationOverdue(order_id=ORDER)).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "reservation_overdue",
            "We could not reserve your items in time and have cancelled the order. Nothing was charged.",
        ),
    ).completes()


def test_the_deadline_of_the_reservation_means_nothing_once_the_goods_are_held(by_card: Scenario) -> None:
    hold("active")

    by_card.given(PLACED, RESERVED).when(ReservationOverdue(order_id=ORDER)).sends()


def test_a_paid_order_that_nobody_could_confirm_is_given_back(by_card: Scenario) -> None:
    place()

    by_card.given(PLACED, RESERVED, CAPTURED).when(ConfirmationOverdue(order_id=ORDER)).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "confirmation_overdue",
            "We could not confirm your order in time, so we have cancelled the order, released the items and "
            "given your money back.",
        ),
    ).completes()


def test_the_deadline_of_the_confirmation_means_nothing_to_a_confirmed_order(by_card: Scenario) -> None:
    place()
    with transaction.atomic():
        record(order_state(ORDER), confirmed())

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(ConfirmationOverdue(order_id=ORDER)).sends()


@pytest.mark.parametrize(
    ("before", "undone"),
    [
        ((), (ReleaseStock(order_id=ORDER), CancelPayment(order_id=ORDER))),
        ((RESERVED,), (ReleaseStock(order_id=ORDER), CancelPayment(order_id=ORDER))),
        ((RESERVED, CAPTURED), (ReleaseStock(order_id=ORDER), CancelPayment(order_id=ORDER))),
        (
            (RESERVED, CAPTURED, confirmed()),
            (CancelShipment(order_id=ORDER), ReleaseStock(order_id=ORDER), CancelPayment(order_id=ORDER)),
        ),
    ],
    ids=["placed", "reserved", "paid", "confirmed"],
)
def test_a_shopper_who_changes_their_mind_gets_back_what_was_done(
    by_card: Scenario, before: tuple[Event, ...], undone: tuple[Command, ...]
) -> None:
    asked = CancellationRequested(
        order_id=ORDER, requested_by=Requester(role="shopper"), reason="too many mugs", requested_at=NOON
    )

    by_card.given(PLACED, *before).when(asked).sends(
        *undone,
        cancel(
            "cancelled_on_request",
            "You asked us to cancel this order, and we have: the items are released, "
            "and whatever was charged is given back.",
        ),
    ).completes()


def test_a_shopper_whose_order_staff_call_off_is_not_told_that_they_asked(by_card: Scenario) -> None:
    asked = CancellationRequested(
        order_id=ORDER, requested_by=Requester(role="staff", name="sam"), reason="x", requested_at=NOON
    )

    by_card.given(PLACED, RESERVED).when(asked).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "cancelled_on_request",
            "We have cancelled this order: the items are released, and whatever was charged is given back.",
        ),
    ).completes()


def test_a_parcel_that_somebody_takes_there_by_hand_ends_the_checkout(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when_skipped(
        ScheduleShipment(order_id=ORDER)
    ).sends(ShipStock(order_id=ORDER), ShipOrder(order_id=ORDER)).completes()


def test_staff_end_an_order_with_a_sentence_for_its_shopper(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED).when_compensated(str(ORDER), "fraud").sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "cancelled_by_staff",
            "We could not complete your order, so we have cancelled the order, released the items and given "
            "your money back.",
        ),
    ).completes()


def test_a_confirmed_order_goes_to_the_carrier_within_a_day(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED, CAPTURED).when(confirmed()).sends(ScheduleShipment(order_id=ORDER)).waits(
        Later(ShippingOverdue(order_id=ORDER), 86_400)
    )


def test_an_order_with_its_own_delivery_leaves_without_a_carrier(on_account: Scenario) -> None:
    on_account.given(PLACED, RESERVED, CAPTURED).when(confirmed("own")).sends(
        ShipStock(order_id=ORDER), ShipOrder(order_id=ORDER)
    ).completes()


def test_a_parcel_with_the_carrier_ends_the_checkout(by_card: Scenario) -> None:
    scheduled = ShipmentScheduled(order_id=ORDER, shipment_id=ANY, tracking_number="SB1GB")

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(scheduled).sends(
        ShipStock(order_id=ORDER), ShipOrder(order_id=ORDER, tracking_number="SB1GB")
    ).completes()


def test_a_sold_out_order_is_cancelled_with_what_was_missing() -> None:
    missing = (Shortage(sku="MUG-RED", wanted=2, available=1),)

    scenario(Checkout).given(PLACED).when(
        StockRejected(order_id=ORDER, reason="out_of_stock", missing=missing)
    ).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        CancelOrder(order_id=ORDER, reason="out_of_stock", missing=missing),
    ).completes()


def test_a_declined_card_gives_the_stock_back(by_card: Scenario) -> None:
    declined = PaymentDeclined(
        order_id=ORDER, payment_id=ANY, reason="card_declined", message="Your card was declined."
    )

    by_card.given(PLACED, RESERVED).when(declined).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "card_declined",
            "Your card was declined, so we have released the items and nothing was charged.",
        ),
    ).completes()


def test_a_refused_parcel_takes_everything_back_the_last_step_first(by_card: Scenario) -> None:
    refused = ShipmentRefused(order_id=ORDER, shipment_id=ANY, reason="We do not deliver to ZZ1.")

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(refused).sends(
        CancelShipment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "shipment_refused",
            "The carrier could not accept your parcel (We do not deliver to ZZ1), so we have cancelled the "
            "order, released the items and given your money back.",
        ),
    ).completes()


def test_a_payment_that_never_came_takes_the_reservation_back(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED).when(PaymentOverdue(order_id=ORDER)).sends(
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "payment_overdue",
            "Your payment could not be completed in time, so we have released the items. "
            "Should your bank have taken money, it is given back.",
        ),
    ).completes()


def test_the_payment_deadline_means_nothing_to_a_paid_order(by_card: Scenario) -> None:
    Payment.objects.update(state="captured")

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(PaymentOverdue(order_id=ORDER)).sends()


def test_a_carrier_out_of_reach_at_the_deadline_takes_everything_back(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(ShippingOverdue(order_id=ORDER)).sends(
        CancelShipment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        cancel(
            "shipping_overdue",
            "We could not find a carrier in time, so we have cancelled the order, released the items and "
            "given your money back.",
        ),
    ).completes()
