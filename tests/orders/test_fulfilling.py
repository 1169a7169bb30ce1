"""What the checkout asks for, one step each: done once, and harmless when asked for again."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus.testing import published
from inventory import services as inventory
from inventory.events import StockLine
from inventory.queries import reservation_state
from orders import services
from orders.errors import TransitionRefused
from orders.events import OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped, ReservationLost
from orders.queries import order_state
from orders.services.fulfilling import record
from tests.orders.builders import ORDER, an_article, an_order_placed, pounds

pytestmark = pytest.mark.usefixtures("bus")


def placed(**facts: str) -> None:
    with transaction.atomic():
        record(None, an_order_placed(**facts))


def reserved() -> None:
    an_article()
    lines = [StockLine(sku="MUG-RED", quantity=2)]
    inventory.reserve_stock(order_id=ORDER, lines=lines, hold_seconds=900)


def holds_that_run_out() -> int:
    """How many, within a quarter of an hour."""
    return inventory.expire_reservations(now=timezone.now() + timedelta(seconds=901))


def shipped(tracking_number: str = "SB1GB") -> None:
    placed(payment_method="account")
    services.confirm_order(order_id=ORDER)
    services.ship_order(order_id=ORDER, tracking_number=tracking_number)


def test_a_confirmed_order_keeps_its_goods_for_good() -> None:
    reserved()
    placed()

    with published() as messages:
        services.confirm_order(order_id=ORDER)

    assert [type(message) for message in messages] == [OrderConfirmed]
    assert order_state(ORDER).state == "confirmed"
    assert (holds_that_run_out(), reservation_state(ORDER)) == (0, "active")


def test_an_order_whose_hold_ran_out_is_not_confirmed() -> None:
    reserved()
    placed()
    assert holds_that_run_out() == 1

    with published() as messages:
        services.confirm_order(order_id=ORDER)

    assert messages == [ReservationLost(order_id=ORDER)]
    assert order_state(ORDER).state == "placed"


def test_an_order_on_account_is_confirmed_without_asking_for_its_hold() -> None:
    placed(payment_method="account")

    services.confirm_order(order_id=ORDER)

    assert order_state(ORDER).state == "confirmed"


def test_a_confirmation_that_the_end_of_its_order_has_overtaken_keeps_no_goods() -> None:
    reserved()
    placed()
    services.cancel_order(order_id=ORDER, reason="card_declined", message="No.")

    with published() as messages:
        services.confirm_order(order_id=ORDER)

    assert messages == []
    assert holds_that_run_out() == 1


def test_confirming_again_changes_nothing() -> None:
    placed(payment_method="account")
    services.confirm_order(order_id=ORDER)
    before = order_state(ORDER)

    with published() as messages:
        services.confirm_order(order_id=ORDER)

    assert (messages, order_state(ORDER)) == ([], before)


def test_a_late_repetition_of_confirming_is_harmless_after_shipping() -> None:
    shipped()

    with published() as messages:
        services.confirm_order(order_id=ORDER)

    assert (messages, order_state(ORDER).state) == ([], "shipped")


def test_shipping_the_same_parcel_again_changes_nothing() -> None:
    shipped()
    before = order_state(ORDER)

    with published() as messages:
        services.ship_order(order_id=ORDER, tracking_number="SB1GB")

    assert (messages, order_state(ORDER)) == ([], before)


def test_a_second_parcel_for_an_order_that_has_left_is_refused() -> None:
    shipped()

    with pytest.raises(TransitionRefused, match="is shipped: OrderShipped cannot follow"):
        services.ship_order(order_id=ORDER, tracking_number="OTHER")


def test_cancelling_again_changes_nothing_not_even_the_reason() -> None:
    placed()
    services.cancel_order(order_id=ORDER, reason="card_declined", message="No.")

    with published() as messages:
        services.cancel_order(order_id=ORDER, reason="payment_overdue", message="Late.")

    assert messages == []
    assert (order_state(ORDER).reason, order_state(ORDER).revision) == ("card_declined", 2)


def test_an_order_that_has_left_cannot_be_cancelled() -> None:
    shipped()

    with pytest.raises(TransitionRefused, match="is shipped: OrderCancelled cannot follow"):
        services.cancel_order(order_id=ORDER, reason="shipping_overdue")


def test_only_a_confirmed_order_owes_money_when_it_is_cancelled() -> None:
    placed(payment_method="account")
    services.confirm_order(order_id=ORDER)

    with published() as messages:
        services.cancel_order(order_id=ORDER, reason="shipment_refused", message="Sorry.")

    [ended] = messages
    assert isinstance(ended, OrderCancelled)
    assert ended.refund == order_state(ORDER).refunded == pounds("20.95")


def test_the_story_so_far_is_one_event_per_step() -> None:
    with published() as messages:
        shipped()

    assert [type(message) for message in messages] == [OrderPlaced, OrderConfirmed, OrderShipped]
