"""What nobody should send: each has an error of its own with a sentence, and changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from catalog import services as catalog
from eventbus import ConcurrencyError
from eventbus.testing import published
from orders import queries, services
from orders.errors import (
    CartChanged,
    CartFull,
    CartIsEmpty,
    CartNotFound,
    LinkNotValid,
    MixedCurrencies,
    NotForSale,
    NotInCart,
    OrderNotFound,
    OrdersError,
    QuantityRefused,
    SumsDiffer,
    TotalChanged,
    TotalRefused,
)
from orders.events import OrderLine
from orders.models import CartLine, Order
from orders.services.fulfilling import record
from payments.money import Money
from tests.journeys.shopper import ADA, Shopper, hidden_fields, words
from tests.orders.builders import (
    ORDER,
    a_cart,
    a_line,
    an_article,
    an_order,
    an_order_placed,
    pounds,
)

pytestmark = pytest.mark.usefixtures("bus")

WRITTEN = ("orders_order", "orders_cartline", "payments_payment", "eventbus_message", "inventory_movement")
EUROS = Money.parse("8.50", "EUR")
FREE = pounds("0")


def contents() -> list[Any]:
    """Everything in the tables that an order writes to."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names()
        for table in WRITTEN:
            if table in tables:
                cursor.execute(f"SELECT * FROM {table}")
                rows += sorted(map(str, cursor.fetchall()))
    return rows


@contextmanager
def nothing_happens(error: type[Exception], sentence: str) -> Iterator[None]:
    """The error is raised with this sentence, and no row has changed."""
    before = contents()
    with pytest.raises(error) as refusal:
        yield
    assert str(refusal.value) == sentence
    assert contents() == before


def on_account(*lines: OrderLine, shipping: Money = FREE) -> Callable[[], UUID]:
    return lambda: services.place_order_on_account(
        order_id=ORDER, customer_reference="17850", lines=lines, shipping=shipping
    )


@pytest.mark.parametrize("quantity", [0, -1, 100, 2**31, 10**30])
def test_a_cart_holds_one_to_ninety_nine_of_an_article(quantity: int) -> None:
    cart_id = a_cart(an_article())
    sentence = "Please choose a quantity between 1 and 99."

    with nothing_happens(QuantityRefused, sentence):
        services.add_to_cart(cart_id=cart_id, sku="MUG-RED", quantity=quantity)
    if quantity:
        with nothing_happens(QuantityRefused, sentence):
            services.change_quantity(cart_id=cart_id, sku="MUG-RED", quantity=quantity)


def test_a_cart_holds_a_hundred_different_articles() -> None:
    cart_id = a_cart(an_article())
    article = {"title": "x", "quantity": 1, "seen_amount": 1, "currency": "GBP"}
    CartLine.objects.bulk_create(CartLine(cart_id=cart_id, sku=f"N{n}", **article) for n in range(99))
    an_article("POT")

    with nothing_happens(CartFull, "A basket holds 100 different articles. Please order these first."):
        services.add_to_cart(cart_id=cart_id, sku="POT")
    services.add_to_cart(cart_id=cart_id, sku="MUG-RED")
    assert CartLine.objects.get(cart_id=cart_id, sku="MUG-RED").quantity == 3


def test_what_is_not_sold_cannot_be_picked_or_changed() -> None:
    cart_id = a_cart(an_article())

    with nothing_happens(NotForSale, "GHOST is not for sale any more."):
        services.add_to_cart(cart_id=cart_id, sku="GHOST")
    with nothing_happens(NotInCart, "GHOST is not in your basket any more."):
        services.change_quantity(cart_id=cart_id, sku="GHOST", quantity=1)


def test_a_cart_that_nobody_has_cannot_be_used() -> None:
    sentence = "This cart does not exist any more."
    empty = services.create_cart()

    with nothing_happens(CartNotFound, sentence):
        services.add_to_cart(cart_id=uuid4(), sku="MUG-RED")
    with nothing_happens(CartNotFound, sentence):
        an_order(uuid4())
    with nothing_happens(CartIsEmpty, "Your cart is empty."):
        an_order(empty)


def test_two_currencies_do_not_share_a_cart() -> None:
    cart_id = a_cart(an_article())
    an_article("POT")
    catalog.change_price(sku="POT", price=EUROS)

    with nothing_happens(
        MixedCurrencies, "Prices in EUR and GBP cannot be ordered together; please order them one by one."
    ):
        services.add_to_cart(cart_id=cart_id, sku="POT")


def test_an_article_whose_currency_moved_must_leave_the_cart() -> None:
    cart_id = a_cart(an_article(), an_article("POT"))
    catalog.change_price(sku="POT", price=EUROS)

    cart = queries.cart_view(cart_id)

    assert (cart.can_order, [line.for_sale for line in cart.lines]) == (False, [True, False])
    assert cart.lines[1].notes == ("Not for sale any more. Please take it out of your basket.",)
    with nothing_happens(
        MixedCurrencies, "Prices in EUR and GBP cannot be ordered together; please order them one by one."
    ):
        an_order(cart_id)


def test_a_total_that_moved_is_told() -> None:
    cart_id = a_cart(an_article(price="8.50"))
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

    with nothing_happens(
        TotalChanged, "The total has changed from £20.95 to £21.95. Please look again before you order."
    ):
        an_order(cart_id, expected_total=pounds("20.95"))


def test_a_cart_that_was_changed_in_another_tab_is_looked_at_again() -> None:
    cart_id = a_cart(an_article("MUG-RED"), an_article("MUG-BLUE"))
    seen = queries.cart_view(cart_id)
    services.change_quantity(cart_id=cart_id, sku="MUG-RED", quantity=1)
    services.change_quantity(cart_id=cart_id, sku="MUG-BLUE", quantity=3)
    assert queries.cart_view(cart_id).total == seen.total

    with nothing_happens(
        CartChanged, "Your basket has changed since you looked at it. Please look again before you order."
    ):
        an_order(cart_id, expected_total=seen.total, seen=seen.seen)


@pytest.mark.parametrize("seen", ["forged", "0" * 24])
def test_a_forged_word_of_what_was_seen_orders_nothing(seen: str) -> None:
    cart_id = a_cart(an_article())

    with nothing_happens(
        CartChanged, "Your basket has changed since you looked at it. Please look again before you order."
    ):
        an_order(cart_id, seen=seen)


def test_what_was_seen_is_what_is_ordered() -> None:
    cart_id = a_cart(an_article(), an_article("POT"))
    seen = queries.cart_view(cart_id)

    order_id = an_order(cart_id, expected_total=seen.total, seen=seen.seen)

    assert queries.order_state(order_id).total == seen.total


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
def test_a_line_on_account_is_for_a_countable_number_of_pieces(quantity: int) -> None:
    with nothing_happens(QuantityRefused, "Please choose a quantity between 1 and 2147483647."):
        on_account(a_line(quantity=quantity))()


@pytest.mark.parametrize(
    ("place", "total"),
    [
        (on_account(a_line(price="10000000000.01", quantity=1)), "£10,000,000,000.01"),
        (on_account(a_line(price="-0.01", quantity=1)), "-£0.01"),
        (on_account(a_line(quantity=1), shipping=pounds("-9.00")), "-£0.50"),
    ],
    ids=["absurd", "negative price", "negative delivery"],
)
def test_an_absurd_total_is_refused(place: Callable[[], UUID], total: str) -> None:
    with nothing_happens(
        TotalRefused,
        f"A total of {total} cannot be ordered: it must be between nothing and £10,000,000,000.00.",
    ):
        place()


@pytest.mark.parametrize(
    "place",
    [
        on_account(a_line(), OrderLine(sku="POT", title="Pot", quantity=1, unit_price=EUROS)),
        on_account(a_line(), shipping=EUROS),
    ],
    ids=["lines", "delivery"],
)
def test_an_order_on_account_is_in_one_currency(place: Callable[[], UUID]) -> None:
    with nothing_happens(
        MixedCurrencies, "Prices in EUR and GBP cannot be ordered together; please order them one by one."
    ):
        place()


def test_an_order_whose_sums_do_not_hold_is_not_recorded() -> None:
    placed = an_order_placed(total=pounds("20.96"))

    with (
        nothing_happens(SumsDiffer, "The lines and their delivery come to £20.95, not to £20.96."),
        transaction.atomic(),
    ):
        record(None, placed)


def test_an_order_is_placed_once() -> None:
    on_account(a_line())()

    with pytest.raises(ConcurrencyError):
        on_account(a_line())()
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "step",
    [
        lambda: services.confirm_order(order_id=ORDER),
        lambda: services.ship_order(order_id=ORDER),
        lambda: services.cancel_order(order_id=ORDER, reason="x"),
        lambda: queries.order_status(ORDER),
    ],
    ids=["confirm", "ship", "cancel", "look"],
)
def test_an_order_that_does_not_exist_is_named(step: Callable[[], object]) -> None:
    with nothing_happens(OrderNotFound, f"There is no order {ORDER}."):
        step()


@pytest.mark.parametrize(
    "forged",
    ["", "x", ORDER.hex, f"{ORDER.hex}:", f"{ORDER.hex}:forged", "ünïcödé:signature", ":" * 200],
)
def test_a_forged_link_opens_nothing(forged: str) -> None:
    an_order(a_cart(an_article()))

    with nothing_happens(
        LinkNotValid, "This link is not valid. Please open it exactly as it stands in your mail."
    ):
        queries.order_by_token(forged)


def test_the_link_of_one_order_does_not_open_another() -> None:
    token = services.order_token(ORDER)

    with pytest.raises(LinkNotValid):
        queries.order_by_token(token.replace(ORDER.hex, uuid4().hex))


def test_every_refusal_is_one_of_orders_and_ends_its_sentence() -> None:
    for error in (CartChanged(ORDER), NotInCart("MUG"), MixedCurrencies(["GBP", "EUR"])):
        assert isinstance(error, OrdersError)
        assert str(error).endswith(".")


class TestThePage:
    """The same over HTTP, where the form is filled in by hand."""

    def test_a_stale_tab_is_shown_the_basket_as_it_is_now(self) -> None:
        an_article("MUG-RED")
        an_article("MUG-BLUE")
        shopper = Shopper()
        shopper.pick("MUG-RED")
        stale = hidden_fields(shopper.see("/checkout/"))
        other = shopper.tab()
        other.send("/cart/change/", sku="MUG-RED", quantity=0)
        other.pick("MUG-BLUE")

        page = shopper.send("/checkout/", **stale, **ADA)

        assert "Your basket has changed since you looked at it." in words(page)
        assert "The MUG-BLUE" in words(page)
        assert not Order.objects.exists()
        assert shopper.send("/checkout/", **hidden_fields(page), **ADA)
        assert Order.objects.count() == 1

    def test_drift_is_explained_before_paying(self) -> None:
        an_article(price="8.50", stock=5)
        shopper = Shopper()
        shopper.pick("MUG-RED", 2)
        catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

        page = words(shopper.see("/checkout/"))

        assert "The price has changed from £8.50 to £9.00 since you picked it." in page
        assert "Pay £21.95" in page

    @pytest.mark.parametrize("total", ["", "abc", "1", "99999999999999999999"])
    def test_a_total_that_was_tampered_with_orders_nothing(self, total: str) -> None:
        an_article()
        shopper = Shopper()
        shopper.pick("MUG-RED")
        fields = hidden_fields(shopper.see("/checkout/")) | {"expected_total": total}

        with published() as messages:
            page = shopper.send("/checkout/", **fields, **ADA)

        assert (shopper.status, messages, "Not ordered yet" in page) == (422, [], True)

    @pytest.mark.parametrize("cart_id", ["", "abc", str(UUID(int=0))])
    def test_the_form_of_another_cart_orders_nothing(self, cart_id: str) -> None:
        an_article()
        shopper = Shopper()
        shopper.pick("MUG-RED")
        fields = hidden_fields(shopper.see("/checkout/")) | {"cart_id": cart_id}

        page = shopper.send("/checkout/", **fields, **ADA)

        assert "Your basket has changed since. Please look at it once more." in words(page)
        assert not Order.objects.exists()

    @pytest.mark.parametrize("quantity", ["", "many", "0", "-3", "100", "1e3", "9" * 40])
    def test_a_quantity_that_is_none_is_said(self, quantity: str) -> None:
        an_article()
        shopper = Shopper()

        page = words(shopper.pick("MUG-RED", quantity))

        assert "quantity" in page or "how many" in page
        assert shopper.status == 200
