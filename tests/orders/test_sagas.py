"""The checkout saga, by the commands it sends."""

from uuid import UUID

import pytest

from eventbus.sagas import Later
from eventbus.testing import Scenario, scenario
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.events import Shortage, StockLine, StockRejected, StockReserved
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.events import (
    OrderConfirmed,
    PaymentOverdue,
    ShipmentRefused,
    ShipmentScheduled,
    ShippingOverdue,
)
from orders.sagas import Checkout
from payments import services as payments
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.events import PaymentCaptured, PaymentDeclined
from tests.orders.builders import NOON, ORDER, a_line, an_order_placed, pounds

pytestmark = pytest.mark.django_db
ANY = UUID(int=7)
TOTAL = pounds("20.95")
PLACED = an_order_placed()
RESERVED = StockReserved(order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=2),))
CAPTURED = PaymentCaptured(order_id=ORDER, payment_id=ANY, amount=TOTAL, method="card")


def confirmed(delivery: str = "carrier") -> OrderConfirmed:
    return OrderConfirmed(order_id=ORDER, units=2, total=TOTAL, delivery=delivery, confirmed_at=NOON)


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
            order_id=ORDER, lines=(StockLine(sku="MUG-RED", quantity=2), StockLine(sku="POT", quantity=1))
        )
    )


def test_reserved_goods_are_paid_by_card_within_a_quarter_of_an_hour(by_card: Scenario) -> None:
    by_card.given(PLACED).when(RESERVED).sends(CapturePayment(order_id=ORDER)).waits(
        Later(PaymentOverdue(order_id=ORDER), 900)
    )


def test_a_wholesale_order_is_charged_to_its_account_without_a_deadline(on_account: Scenario) -> None:
    on_account.given(PLACED).when(RESERVED).sends(ChargeAccount(order_id=ORDER)).waits()


def test_a_paid_order_is_confirmed(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED).when(CAPTURED).sends(ConfirmOrder(order_id=ORDER))


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
        CancelPayment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        cancel(
            "card_declined",
            "Your card was declined, so we have released the items and nothing was charged.",
        ),
    ).completes()


def test_a_refused_parcel_takes_everything_back_the_last_step_first(by_card: Scenario) -> None:
    refused = ShipmentRefused(order_id=ORDER, shipment_id=ANY, reason="We do not deliver to ZZ1.")

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(refused).sends(
        CancelShipment(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        cancel(
            "shipment_refused",
            "The carrier could not accept your parcel (We do not deliver to ZZ1), so we have cancelled the "
            "order, released the items and given your money back.",
        ),
    ).completes()


def test_a_payment_that_never_came_takes_the_reservation_back(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED).when(PaymentOverdue(order_id=ORDER)).sends(
        CancelPayment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        cancel(
            "payment_overdue",
            "Your payment could not be completed in time, so we have released the items. "
            "Should your bank have taken money, it is given back.",
        ),
    ).completes()


def test_the_payment_deadline_means_nothing_to_a_paid_order(by_card: Scenario) -> None:
    payments.record_capture(order_id=ORDER, reference="ch_1", amount=TOTAL)

    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(PaymentOverdue(order_id=ORDER)).sends()


def test_a_carrier_out_of_reach_at_the_deadline_takes_everything_back(by_card: Scenario) -> None:
    by_card.given(PLACED, RESERVED, CAPTURED, confirmed()).when(ShippingOverdue(order_id=ORDER)).sends(
        CancelShipment(order_id=ORDER),
        CancelPayment(order_id=ORDER),
        ReleaseStock(order_id=ORDER),
        cancel(
            "shipping_overdue",
            "We could not find a carrier in time, so we have cancelled the order, released the items and "
            "given your money back.",
        ),
    ).completes()
