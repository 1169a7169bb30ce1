"""Placing orders: at the price the shopper agreed to, and once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from catalog import services as catalog
from eventbus import backdated
from eventbus.testing import assert_rebuilds, drain, published
from inventory.events import StockReturned
from inventory.queries import ledger_differences, stock_of
from orders import queries, services
from orders.errors import CartIsEmpty, LinkNotValid, NotForSale, TotalChanged
from orders.events import OrderPlaced, ReturnRecorded
from orders.models import Order, OrderHistoryRow, is_number
from orders.projections import OrderHistory, SalesByDay
from payments.events import AccountCredited
from payments.queries import payment_of
from tests.journeys.shopper import ADA as A_SHOPPER
from tests.journeys.shopper import Shopper, hidden_fields
from tests.orders.builders import ADA, BRISTOL, NOON, ORDER, a_cart, a_line, an_article, an_order, pounds

pytestmark = pytest.mark.usefixtures("bus")

TWO_MUGS = replace(
    a_line(price="8.50"), slug="the-mug-red", tax_name="VAT", tax_rate=20_00, tax=pounds("2.83")
)


def test_an_order_announces_everything_that_was_agreed() -> None:
    cart_id = a_cart(an_article())

    with published() as messages:
        order_id = an_order(cart_id)

    [placed] = messages
    assert isinstance(placed, OrderPlaced)
    assert (placed.order_id, placed.cart_id, placed.customer, placed.address) == (
        order_id,
        cart_id,
        ADA,
        BRISTOL,
    )
    assert (placed.lines, placed.shipping, placed.total) == ((TWO_MUGS,), pounds("3.95"), pounds("20.95"))
    assert is_number(placed.number)


def test_the_price_of_an_order_stays_when_the_catalogue_moves() -> None:
    order_id = an_order(a_cart(an_article(price="8.50")))

    catalog.change_price(sku="MUG-RED", price=pounds("99"))

    assert queries.order_status(order_id).lines == (TWO_MUGS,)


def test_a_cart_sent_twice_is_one_order() -> None:
    cart_id = a_cart(an_article())

    assert an_order(cart_id) == an_order(cart_id)
    assert Order.objects.count() == 1


def test_a_cart_sent_from_four_windows_at_once_is_one_order() -> None:
    cart_id, start = a_cart(an_article()), Barrier(4)

    def send(_: int) -> UUID:
        start.wait()
        try:
            return an_order(cart_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as windows:
        orders = set(windows.map(send, range(4)))

    assert orders == {Order.objects.get().pk}


def test_an_empty_cart_cannot_be_ordered() -> None:
    with pytest.raises(CartIsEmpty):
        an_order(services.create_cart())


def test_an_article_withdrawn_meanwhile_is_named() -> None:
    cart_id = a_cart(an_article())
    catalog.withdraw_product(sku="MUG-RED")

    with pytest.raises(NotForSale, match="The MUG-RED is not for sale any more"):
        an_order(cart_id)


def test_a_total_that_moved_is_shown_before_anything_is_ordered() -> None:
    cart_id = a_cart(an_article(price="8.50"))
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

    with pytest.raises(TotalChanged, match=r"from £20\.95 to £21\.95"):
        an_order(cart_id, expected_total=pounds("20.95"))

    assert not Order.objects.exists()


def test_a_link_opens_its_order_and_no_other() -> None:
    token = services.order_token(ORDER)

    assert queries.order_by_token(token) == ORDER
    with pytest.raises(LinkNotValid):
        queries.order_by_token(token[:-1] + ("a" if token[-1] != "a" else "b"))


def on_account(order_id: UUID = ORDER, number: str = "536365") -> UUID:
    return services.place_order_on_account(
        order_id=order_id,
        number=number,
        customer_reference="17850",
        lines=(a_line(quantity=6), a_line("POT", 1, "2.55")),
        shipping=pounds("15.00"),
    )


def test_a_wholesale_order_of_the_past_is_shipped_on_account_at_its_own_time() -> None:
    an_article()
    an_article("POT")

    with backdated(NOON):
        on_account()
    drain()

    status = queries.order_status(ORDER)
    assert (status.state, status.number, status.total) == ("shipped", "536365", pounds("68.55"))
    payment = payment_of(ORDER)
    assert payment is not None
    assert (payment.method, payment.captured) == ("account", pounds("68.55"))
    row = OrderHistoryRow.objects.get()
    assert (row.placed_at, row.ended_at, row.payment) == (NOON, NOON, "captured")
    assert (stock_of(["MUG-RED"])["MUG-RED"].on_hand, queries.mails_about(ORDER)) == (4, ())
    assert_rebuilds(OrderHistory, SalesByDay)


def test_an_order_takes_ten_statements_to_place() -> None:
    cart_id = a_cart(an_article(), an_article("POT"))

    with CaptureQueriesContext(connection) as captured:
        an_order(cart_id)

    verbs = [query["sql"].split()[0] for query in captured]
    assert verbs == [
        "BEGIN",
        *["SELECT"] * 4,  # the cart, its order, its lines, what is for sale
        "(SELECT",  # the rules
        "WITH",  # the event
        *["INSERT"] * 2,  # the order, the payment
        "COMMIT",
    ]


def test_a_whole_checkout_takes_seventeen_statements() -> None:
    an_article()
    an_article("POT")
    shopper = Shopper()
    shopper.pick("MUG-RED")
    shopper.pick("POT")
    answers = hidden_fields(shopper.see("/checkout/")) | A_SHOPPER

    with CaptureQueriesContext(connection) as captured:
        answer = shopper.client.post("/checkout/", answers)

    assert (answer.status_code, len(captured)) == (302, 17)


def test_a_wholesale_order_takes_three_statements_to_place() -> None:
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        on_account()

    verbs = [query["sql"].split()[0] for query in captured]
    assert verbs == ["BEGIN", "WITH", "INSERT", "INSERT", "COMMIT"]


def test_a_return_puts_the_goods_back_and_credits_the_account() -> None:
    an_article(stock=10)
    return_id = uuid4()

    with published() as messages, backdated(NOON):
        services.record_return(
            return_id=return_id,
            number="C536379",
            customer_reference="17850",
            lines=(a_line(quantity=3),),
            refund=pounds("25.50"),
        )

    recorded, returned, credited = messages
    assert isinstance(recorded, ReturnRecorded)
    assert (recorded.refund, recorded.returned_at) == (pounds("25.50"), NOON)
    assert isinstance(returned, StockReturned)
    assert isinstance(credited, AccountCredited)
    assert credited.amount == pounds("25.50")
    assert stock_of(["MUG-RED"])["MUG-RED"].on_hand == 13
    assert ledger_differences() == []
