"""The basket: picking, changing, and saying what has moved since."""

import pytest

from catalog import services as catalog
from eventbus.testing import drain
from inventory import services as inventory
from payments.money import Money
from tests.journeys.shopper import Shopper, hidden_fields, words


def test_an_empty_basket_says_so(shopper: Shopper) -> None:
    assert "Nothing in it yet." in words(shopper.see("/cart/"))


def test_picking_twice_adds_up(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)

    page = shopper.pick("BOWL")

    assert "£18.50 each" in words(page)
    assert "Items £55.50 Free delivery £0.00 Total £55.50 Including VAT £9.25" in words(page)
    assert '<span class="count">3<' in page


def test_a_small_basket_pays_for_delivery(shopper: Shopper) -> None:
    assert "Items £9.50 Standard delivery £3.95 Total £13.45" in words(shopper.pick("CANDLE"))


def test_the_quantity_can_be_changed(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)

    page = shopper.send("/cart/change/", sku="BOWL", quantity=1)

    assert "Items £18.50 Standard delivery £3.95 Total £22.45" in words(page)


def test_a_line_is_removed_and_put_back(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)

    removed = shopper.send("/cart/change/", sku="BOWL", quantity=0)
    undo = hidden_fields(removed)
    back = shopper.send("/cart/add/", sku=undo["sku"], quantity=undo["quantity"])

    assert "Stoneware bowl is out of your basket. Put it back" in words(removed)
    assert "Nothing in it yet." in words(removed)
    assert "Items £37.00" in words(back)
    assert "Put it back" not in words(back)


def test_what_was_removed_is_offered_until_the_basket_changes(shopper: Shopper) -> None:
    shopper.pick("CANDLE")
    shopper.pick("BOWL")
    shopper.send("/cart/change/", sku="BOWL", quantity=0)

    assert "Put it back" in words(shopper.see("/cart/"))
    assert "Put it back" not in words(shopper.send("/cart/change/", sku="CANDLE", quantity=2))


def test_what_was_never_in_the_basket_is_not_offered_back(shopper: Shopper) -> None:
    shopper.pick("CANDLE")

    assert "Put it back" not in words(shopper.send("/cart/change/", sku="BOWL", quantity=0))


@pytest.mark.parametrize(
    ("_quantity", "sentence"),
    [
        ("", "Please say how many you would like."),
        ("many", "Please give the quantity as a number."),
        ("0", "Please choose a quantity between 1 and 99."),
        ("-3", "Please choose a quantity between 1 and 99."),
        ("100", "Please choose a quantity between 1 and 99."),
        ("9" * 30, "Please choose a quantity between 1 and 99."),
    ],
)
def test_an_impossible_quantity_is_refused(_quantity: str, sentence: str, shopper: Shopper) -> None:
    page = words(shopper.pick("BOWL", _quantity))

    assert sentence in page
    assert "Nothing in it yet." in page


def test_what_is_not_sold_is_refused(shopper: Shopper) -> None:
    assert "UNICORN is not for sale any more." in words(shopper.pick("UNICORN"))


def test_a_new_price_is_explained(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    catalog.change_price(sku="BOWL", price=Money(1950, "GBP"))
    drain()

    page = words(shopper.see("/cart/"))

    assert "The price has changed from £18.50 to £19.50 since you picked it." in page
    assert "Items £19.50" in page


def test_less_stock_than_picked_is_explained(shopper: Shopper) -> None:
    shopper.pick("JUG", 2)
    page = words(shopper.see("/cart/"))
    assert "Only 1 left." in page
    assert "Please take fewer of: Milk jug." in page
    assert "Check out" not in page

    inventory.adjust_stock(sku="JUG", quantity=-1, reason="broken")

    page = words(shopper.see("/cart/"))
    assert "Sold out at the moment." in page
    assert "Please take out what cannot be had now: Milk jug." in page


def test_a_withdrawn_product_must_leave_the_basket(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    catalog.withdraw_product(sku="BOWL")
    drain()

    page = words(shopper.see("/cart/"))

    assert "Not for sale any more." in page
    assert "Please take out what cannot be had now: Stoneware bowl." in page
    assert "Nothing in it yet." in words(shopper.send("/cart/change/", sku="BOWL", quantity=0))


def test_nobody_sees_the_basket_of_another(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    assert "Nothing in it yet." in words(Shopper().see("/cart/"))


def test_the_basket_changes_by_post_only(shopper: Shopper) -> None:
    shopper.see("/cart/add/?sku=BOWL&quantity=1")

    assert shopper.status == 405
