"""An order from the cart to its ending, through every room; what the shopper reads at each ending."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from eventbus.testing import assert_rebuilds, drain
from inventory.queries import ledger_differences, stock_of
from orders import queries
from orders.models import Notification, Order, Shipment
from orders.projections import OrderHistory, SalesByDay
from orders.queries import order_as_of
from payments.queries import payment_of
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import NOWHERE, OUTAGE, a_cart, an_article, an_order, pounds

pytestmark = pytest.mark.usefixtures("bus", "sandbox")


def steps_of(order_id: UUID) -> dict[str, str]:
    return {step.key: step.state for step in queries.order_status(order_id).steps}


def templates_about(order_id: UUID) -> list[str]:
    sent = Notification.objects.filter(order_id=order_id).order_by("sent_at")
    return list(sent.values_list("template", flat=True))


def assert_at_rest(order_id: UUID) -> None:
    assert queries.order_status(order_id).finished
    assert Order.objects.get(pk=order_id).fold() == order_as_of(order_id)
    assert ledger_differences() == []
    assert_rebuilds(OrderHistory, SalesByDay)


def test_a_paid_order_is_shipped_and_the_shopper_gets_two_mails() -> None:
    cart_id = a_cart(an_article())

    order_id = an_order(cart_id)
    drain()

    status = queries.order_status(order_id)
    assert (status.state, status.headline) == ("shipped", "Your order is on its way")
    assert status.tracking_number == Shipment.objects.get().tracking_number != ""
    assert {step.state for step in status.steps} == {"done"}
    assert status.steps[-1].sentence == "Your parcel is with the carrier."
    assert [sent.subject for sent in queries.mails_about(order_id)] == [
        f"Your order {status.number} is confirmed",
        f"Your order {status.number} is on its way",
    ]
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]] * 2
    assert_at_rest(order_id)


def test_a_paid_order_takes_exactly_its_total_and_its_goods() -> None:
    order_id = an_order(a_cart(an_article(stock=10), quantity=3))

    drain()

    payment = payment_of(order_id)
    assert payment is not None
    assert (payment.captured, payment.refunded) == (pounds("29.45"), pounds("0"))
    assert (stock_of(["MUG-RED"])["MUG-RED"].on_hand, stock_of(["MUG-RED"])["MUG-RED"].reserved) == (7, 0)


def test_a_shopper_reads_what_is_happening_while_it_happens() -> None:
    order_id = an_order(a_cart(an_article()))

    status = queries.order_status(order_id)

    assert not status.finished
    assert [(step.state, step.sentence) for step in status.steps] == [
        ("done", "We have received your order."),
        ("current", "Reserving your items…"),
        ("waiting", "Then we take the payment."),
        ("waiting", "Then we confirm the order by mail."),
        ("waiting", "Then we hand the parcel to the carrier."),
    ]


def test_a_sold_out_article_ends_the_order_before_any_money_moves() -> None:
    order_id = an_order(a_cart(an_article(stock=1)))

    drain()

    status = queries.order_status(order_id)
    assert (status.state, status.message) == (
        "cancelled",
        "Sold out before we could reserve it: The MUG-RED (2 wanted, 1 left). Nothing was charged.",
    )
    assert steps_of(order_id) == {
        "received": "done",
        "stock": "failed",
        "payment": "skipped",
        "confirmed": "skipped",
        "shipping": "skipped",
    }
    assert [sent.subject for sent in mail.outbox] == [f"Your order {status.number} was cancelled"]
    assert status.message in mail.outbox[0].body
    assert_at_rest(order_id)


@pytest.mark.parametrize(
    ("card_token", "why"),
    [
        ("tok_declined", "The card was declined by the bank that issued it"),
        ("tok_insufficient", "The card does not have enough money for this payment"),
    ],
)
def test_a_declined_card_gives_the_stock_back(card_token: str, why: str) -> None:
    order_id = an_order(a_cart(an_article(stock=5)), card_token=card_token)

    drain()

    status = queries.order_status(order_id)
    assert status.state == "cancelled"
    assert status.message == f"{why}, so we have released the items and nothing was charged."
    assert steps_of(order_id)["payment"] == "failed"
    assert stock_of(["MUG-RED"])["MUG-RED"].available == 5
    assert templates_about(order_id) == ["payment_failed"]
    assert_at_rest(order_id)


def test_a_refused_parcel_gives_money_and_goods_back() -> None:
    order_id = an_order(a_cart(an_article(stock=5)), address=NOWHERE)

    drain()

    status = queries.order_status(order_id)
    assert status.message == (
        "The carrier could not accept your parcel (We do not deliver to ZZ1 1ZZ), so we have cancelled the "
        "order, released the items and given your money back."
    )
    payment = payment_of(order_id)
    assert payment is not None
    assert (payment.captured, payment.refunded) == (pounds("20.95"), pounds("20.95"))
    assert stock_of(["MUG-RED"])["MUG-RED"].available == 5
    assert steps_of(order_id) == {
        "received": "done",
        "stock": "undone",
        "payment": "undone",
        "confirmed": "undone",
        "shipping": "failed",
    }
    assert templates_about(order_id) == ["confirmation", "cancelled"]
    assert_at_rest(order_id)


def test_a_carrier_out_of_reach_at_the_deadline_ends_the_order_with_everything_given_back() -> None:
    order_id = an_order(a_cart(an_article(stock=5)), address=OUTAGE)
    drain()
    assert queries.order_status(order_id).steps[-1].sentence == "Booking your parcel with the carrier…"

    drain(timezone.now() + timedelta(days=1, minutes=1))

    status = queries.order_status(order_id)
    assert status.message == (
        "We could not find a carrier in time, so we have cancelled the order, released the items and given "
        "your money back."
    )
    assert payment_of(order_id).refunded == pounds("20.95")  # type: ignore[union-attr]
    assert Shipment.objects.get().state == "cancelled"
    assert_at_rest(order_id)


def test_a_payment_that_never_comes_ends_the_order(sandbox: Sandbox) -> None:
    order_id = an_order(a_cart(an_article(stock=5)), card_token="tok_down")
    drain()
    assert queries.order_status(order_id).steps[2].sentence == "Taking payment…"

    drain(timezone.now() + timedelta(minutes=16))

    status = queries.order_status(order_id)
    assert status.state == "cancelled"
    assert status.message.startswith("Your payment could not be completed in time")
    assert stock_of(["MUG-RED"])["MUG-RED"].available == 5
    assert_at_rest(order_id)


def test_handlers_that_see_every_message_twice_change_nothing() -> None:
    order_id = an_order(a_cart(an_article(stock=5)))

    drain(twice=True)

    assert queries.order_status(order_id).state == "shipped"
    assert len(mail.outbox) == 2
    assert stock_of(["MUG-RED"])["MUG-RED"].on_hand == 3
    assert_at_rest(order_id)
