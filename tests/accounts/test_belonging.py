"""An account's orders, addresses and basket, through their pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from orders import queries, services
from orders.errors import AddressBookFull
from orders.events import Address
from orders.models import Order, SavedAddress
from tests.accounts.visitor import Visitor, an_account
from tests.orders.builders import a_line, a_shipped_order

HOME = {"name": "Ada", "line1": "12 Fern Street", "line2": "", "city": "Bristol", "postcode": "bs1 4dj"}


@pytest.fixture
def ada(visitor: Visitor) -> int:
    """Ada's number, logged in."""
    user = an_account()
    visitor.log_in()
    return user.pk


def test_an_order_is_listed_as_soon_as_it_is_placed(visitor: Visitor, ada: int) -> None:
    visitor.pick("BOWL", 2)
    visitor.order()

    page = visitor.see("/account/orders/")

    assert "Stoneware bowl" in page
    assert "2 pieces" in page
    assert "In progress" in page


def test_orders_come_in_pages_each_from_one_query(visitor: Visitor, ada: int) -> None:
    numbers = [f"AAAA-AAAA-{count:04}" for count in range(23)]
    for number in numbers:
        a_shipped_order(order_id=services.create_cart(), number=number, customer_id=ada)
    a_shipped_order(number="ZZZZ-ZZZZ-ZZZZ", customer_id=ada + 1)

    seen, after = [], ""
    while True:
        with CaptureQueriesContext(connection) as asked:
            page = queries.orders_of(ada, after)
        assert len(asked) == 1
        seen += [order.number for order in page.orders]
        after = page.after
        if not after:
            break

    assert sorted(seen) == numbers
    assert len(set(seen)) == 23
    assert queries.orders_of(ada, "ZZZZ-ZZZZ-ZZZZ").orders == ()
    assert "Older orders" in visitor.see("/account/orders/")


def test_an_uploaded_picture_is_shown_where_it_is_served(visitor: Visitor, ada: int) -> None:
    line = replace(a_line(), picture=f"pictures/{'0a' * 16}.webp")
    a_shipped_order(lines=(line,), customer_id=ada)

    assert f'<img src="/pictures/{"0a" * 16}-small.webp"' in visitor.see("/account/orders/")


@pytest.mark.parametrize(("address", "status"), [("?after=%00", 200), ("%00/", 404)])
def test_what_no_number_can_be_breaks_nothing(address: str, status: int, visitor: Visitor, ada: int) -> None:
    visitor.see(f"/account/orders/{address}")

    assert visitor.status == status


def test_the_own_order_opens(visitor: Visitor, ada: int) -> None:
    visitor.pick("BOWL")
    visitor.order()
    number = Order.objects.get().number

    assert number in visitor.see(f"/account/orders/{number}/")
    assert visitor.address.startswith("/orders/")


class TestTheBook:
    """Addresses."""

    def test_an_address_is_added_changed_chosen_and_removed(self, visitor: Visitor, ada: int) -> None:
        visitor.send("/account/addresses/new/", **HOME)
        page = visitor.send("/account/addresses/new/", **HOME | {"line1": "3 Long Meadow"})
        assert ("12 Fern Street" in page, "BS1 4DJ" in page, "3 Long Meadow" in page) == (True, True, True)
        first, second = queries.addresses_of(ada)
        assert (first.usual, second.usual) == (True, False)

        visitor.send(f"/account/addresses/{second.address_id}/usual/")
        assert [kept.address_id for kept in queries.addresses_of(ada)] == [
            second.address_id,
            first.address_id,
        ]

        page = visitor.send(f"/account/addresses/{second.address_id}/", **HOME | {"line1": "4 Long Meadow"})
        assert "4 Long Meadow" in page

        visitor.send(f"/account/addresses/{second.address_id}/remove/")
        [left] = queries.addresses_of(ada)
        assert (left.address_id, left.usual) == (first.address_id, True)

    def test_what_is_missing_is_said_in_place(self, visitor: Visitor, ada: int) -> None:
        page = visitor.send("/account/addresses/new/", **HOME | {"postcode": "?", "city": ""})

        assert visitor.status == 422
        assert "Please tell us the town or city." in page
        assert "A postcode has 3 to 10 letters and digits" in page

    def test_the_same_address_is_kept_once(self, visitor: Visitor, ada: int) -> None:
        for _ in range(2):
            visitor.send("/account/addresses/new/", **HOME)

        assert SavedAddress.objects.count() == 1

    def test_a_book_is_full_at_some_point(self, visitor: Visitor, ada: int) -> None:
        for count in range(20):
            services.save_address(customer_id=ada, name="Ada", address=a_house(count))

        with pytest.raises(AddressBookFull):
            services.save_address(customer_id=ada, name="Ada", address=a_house(20))
        assert "Your book holds 20 addresses" in visitor.send("/account/addresses/new/", **HOME)


class TestTheCheckout:
    """What need not be typed again."""

    def test_the_usual_address_is_filled_in_and_another_one_on_asking(
        self, visitor: Visitor, ada: int
    ) -> None:
        services.save_address(customer_id=ada, name="Ada King", address=a_house(1))
        services.save_address(customer_id=ada, name="Ada King", address=a_house(2))
        visitor.pick("BOWL")

        assert 'value="1 Long Meadow"' in visitor.see("/checkout/")
        other = queries.addresses_of(ada)[1].address_id
        assert 'value="2 Long Meadow"' in visitor.see(f"/checkout/?address={other}")

    def test_nobody_elses_address_is_filled_in(self, visitor: Visitor, ada: int) -> None:
        other = services.save_address(customer_id=ada + 1, name="Eve", address=a_house(66))
        visitor.pick("BOWL")

        assert "66 Long Meadow" not in visitor.see(f"/checkout/?address={other}")

    def test_an_address_is_kept_where_that_was_ticked(self, visitor: Visitor, ada: int) -> None:
        visitor.pick("BOWL")
        visitor.order(keep="on")

        assert [kept.address.line1 for kept in queries.addresses_of(ada)] == ["12 Fern Street"]

    def test_a_guests_address_is_not_kept(self, visitor: Visitor) -> None:
        visitor.pick("BOWL")
        visitor.order(keep="on")

        assert SavedAddress.objects.count() == 0


class TestTheBasket:
    """What was picked before logging in."""

    def test_two_baskets_become_one_and_two_again(self, visitor: Visitor, ada: int) -> None:
        visitor.pick("BOWL", 1)
        visitor.send("/account/log-out/")
        visitor.pick("BOWL", 3)
        visitor.pick("CANDLE", 2)

        page = visitor.log_in(place="/cart/")
        assert "Two baskets became one when you logged in" in page
        assert "Beeswax candle: 2 came from this visit." in page
        assert "Stoneware bowl: 3 instead of 1." in page

        page = visitor.send("/cart/apart/")
        assert "as it was before you logged in" in page
        assert "Beeswax candle" in page

        page = visitor.send("/cart/together/")
        assert "Two baskets became one" in page

        assert "Two baskets became one" not in visitor.send("/cart/keep/")
        assert "Beeswax candle" in visitor.see("/cart/")

    def test_the_basket_follows_to_another_browser(self, visitor: Visitor, ada: int) -> None:
        visitor.pick("CANDLE", 2)
        elsewhere = Visitor()

        elsewhere.log_in()

        assert "Beeswax candle" in elsewhere.see("/cart/")

    def test_whoever_comes_after_at_the_same_browser_has_none_of_it(self, visitor: Visitor, ada: int) -> None:
        visitor.pick("CANDLE", 2)
        visitor.send("/account/log-out/")

        assert "Beeswax candle" not in visitor.see("/cart/")


def a_house(number: int) -> Address:
    """One of many houses."""
    return Address(line1=f"{number} Long Meadow", city="Bristol", postcode="BS1 4DJ")
