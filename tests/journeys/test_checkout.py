"""From the basket to the parcel, and every honest end before it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from catalog import services as catalog
from eventbus.testing import drain
from inventory import services as inventory
from inventory.queries import stock_of
from orders.models import Order
from payments.money import Money
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import ADA, DECLINED, DOWN, TIMEOUT, Shopper, hidden_fields, steps, words

LATER = timedelta(minutes=5)


def available(sku: str) -> int:
    return stock_of([sku])[sku].available


def test_an_order_goes_all_the_way_to_the_parcel(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)

    placed = shopper.order()
    drain(twice=True)
    shipped = shopper.look()

    assert "We are working on your order" in words(placed)
    assert steps(placed) == ["done", "current", "waiting", "waiting", "waiting"]
    assert "Your order is on its way" in words(shipped)
    assert steps(shipped) == ["done"] * 5
    assert "Tracking number" in words(shipped)
    assert available("BOWL") == 18


def test_the_mails_can_be_read(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    address = shopper.address
    assert "Nothing has been sent yet." in words(shopper.see(f"{address}mails/"))

    drain(twice=True)
    page = words(shopper.see(f"{address}mails/"))

    assert [message.to for message in mail.outbox] == [["ada@example.com"], ["ada@example.com"]]
    assert all(str(message.subject) in page for message in mail.outbox)


def test_the_page_renews_itself_until_the_order_has_ended(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    moving = shopper.order(card_number=DECLINED)
    drain()
    ended = shopper.look()

    assert 'hx-trigger="load delay:1000ms, every 21s"' in moving
    assert f'<noscript><meta http-equiv="refresh" content="2;url={shopper.address}?look=1">' in moving
    assert "?look=" not in ended
    assert "refresh" not in ended


def test_the_basket_is_empty_after_the_order_and_can_be_filled_anew(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()

    assert "Nothing in it yet." in words(shopper.see("/cart/"))
    assert "Items £9.50" in words(shopper.pick("CANDLE"))


def test_a_declined_card_gives_the_stock_back_and_says_why(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)

    shopper.order(card_number=DECLINED)
    drain(twice=True)
    page = shopper.look()

    assert "Your order was cancelled" in words(page)
    assert "declined" in words(page)
    assert steps(page) == ["done", "undone", "failed", "skipped", "skipped"]
    assert available("BOWL") == 20


def test_the_last_piece_goes_to_the_first_and_the_second_is_told(shopper: Shopper) -> None:
    second = Shopper()
    shopper.pick("JUG")
    second.pick("JUG")

    shopper.order()
    second.order()
    drain(twice=True)

    assert "Your order is on its way" in words(shopper.look())
    page = second.look()
    assert "Sold out before we could reserve it: Milk jug (1 wanted, 0 left)" in words(page)
    assert steps(page)[:2] == ["done", "failed"]


def test_a_refused_parcel_gives_money_and_stock_back(shopper: Shopper, sandbox: Sandbox) -> None:
    shopper.pick("BOWL", 2)

    shopper.order(postcode="zz1 1zz")
    drain(twice=True)
    page = shopper.look()

    assert "Your order was cancelled" in words(page)
    assert steps(page) == ["done", "undone", "undone", "undone", "failed"]
    assert available("BOWL") == 20


def test_a_lost_answer_of_the_processor_charges_once(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    shopper.order(card_number=TIMEOUT)
    drain()
    drain(timezone.now() + LATER)

    assert "Your order is on its way" in words(shopper.look())


def test_a_processor_that_is_down_leaves_the_order_waiting_truthfully(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    shopper.order(card_number=DOWN)
    drain()
    page = shopper.look()

    assert steps(page) == ["done", "done", "current", "waiting", "waiting"]
    assert "?look=" in page


def test_a_form_sent_twice_leads_to_one_order(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)
    form = hidden_fields(shopper.see("/checkout/")) | ADA

    shopper.send("/checkout/", **form)
    first = shopper.order_id
    shopper.send("/checkout/", **form)
    drain()

    assert shopper.order_id == first
    assert available("BOWL") == 18


def test_a_form_sent_twice_at_once_leads_to_one_order(shopper: Shopper) -> None:
    shopper.pick("BOWL", 2)
    form = hidden_fields(shopper.see("/checkout/")) | ADA

    with ThreadPoolExecutor(2) as tabs:
        orders = list(tabs.map(lambda tab: _send_and_leave(tab, form), (shopper.tab(), shopper.tab())))
    drain()

    assert orders[0] == orders[1]
    assert available("BOWL") == 18


def _send_and_leave(tab: Shopper, form: dict[str, str]) -> UUID:
    tab.send("/checkout/", **form)
    ordered = tab.order_id
    connection.close()
    return ordered


def test_an_old_form_does_not_order_a_new_basket(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    shopper.send("/checkout/", **form)
    shopper.pick("BOWL")

    page = words(shopper.send("/checkout/", **form))

    assert "Your basket has changed since. Please look at it once more." in page


def test_a_price_that_moved_is_shown_before_it_is_charged(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    catalog.change_price(sku="BOWL", price=Money(2050, "GBP"))
    drain()

    refused = shopper.send("/checkout/", **form)
    shopper.send("/checkout/", **(form | hidden_fields(refused)))
    drain()

    assert "The total has changed from £22.45 to £24.45. Please look again before you order." in words(
        refused
    )
    assert "Total £24.45" in words(shopper.look())


def test_what_has_sold_out_meanwhile_is_said_before_anything_is_ordered(shopper: Shopper) -> None:
    shopper.pick("JUG")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    inventory.adjust_stock(sku="JUG", quantity=-1, reason="broken")

    page = shopper.send("/checkout/", **form)

    assert shopper.status == 422
    assert "Not ordered yet Please take out what cannot be had now: Milk jug." in words(page)
    assert "Pay £" not in words(page)
    assert not Order.objects.exists()


def test_the_checkout_of_what_is_ordered_leads_to_the_order(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    ordered = shopper.order_id

    shopper.see("/checkout/")

    assert shopper.order_id == ordered


def test_test_cards_are_offered_in_a_demonstration_only(shopper: Shopper, settings: Settings) -> None:
    shopper.pick("BOWL")
    assert "Cards and postcodes to try" in words(shopper.see("/checkout/"))

    settings.SANDBOX_ENABLED = False

    assert "Cards and postcodes to try" not in words(shopper.see("/checkout/"))


def test_an_empty_basket_cannot_be_checked_out(shopper: Shopper) -> None:
    assert "Nothing in it yet." in words(shopper.see("/checkout/"))
    assert "Nothing in it yet." in words(shopper.send("/checkout/", **ADA))


@pytest.mark.parametrize(
    ("_field", "answer", "sentence"),
    [
        ("name", "", "Please tell us your name."),
        ("email", "", "Please tell us where to write to."),
        ("email", "ada@", "This does not look like an e-mail address: it needs a name, an @ and a domain."),
        ("line1", " ", "Please tell us the street and number."),
        ("city", "", "Please tell us the town or city."),
        ("postcode", "", "Please tell us the postcode."),
        ("postcode", "!", "A postcode has 3 to 10 letters and digits, like BS1 4DJ."),
        ("card_number", "", "Please enter the card number."),
        ("card_number", "4111", "This shop takes test cards only. Try 4242 4242 4242 4242."),
        ("expiry", "13/39", "Please enter the month and year as on the card, like 09/29."),
        ("expiry", "01/20", "This card has expired."),
        ("cvc", "12", "The security code is the 3 or 4 digits on the back of the card."),
    ],
)
def test_a_wrong_answer_is_named_where_it_stands(
    _field: str, answer: str, sentence: str, shopper: Shopper
) -> None:
    shopper.pick("BOWL")

    page = shopper.order(**{_field: answer})

    assert shopper.status == 422
    assert f'id="id_{_field}_error"><li>{sentence}</li>' in page
    assert f'<a href="#id_{_field}">' in page
    assert "Not ordered yet" in words(page)


def test_the_card_is_neither_sent_back_nor_kept(shopper: Shopper) -> None:
    shopper.pick("BOWL")

    refused = shopper.order(name="", cvc="987")
    shopper.order(cvc="987")
    drain()

    assert "4242 4242 4242 4242" not in refused.partition('<div class="hints"')[0].replace(
        'placeholder="4242', ""
    )
    assert "987" not in refused
    assert "4242424242424242" not in everything_stored().replace(" ", "")


def everything_stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def test_a_link_that_was_changed_opens_nothing(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()

    shopper.see(shopper.address.replace(":", "x", 1))

    assert shopper.status == 404


def test_an_order_can_be_read_by_its_link_alone(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()

    page = words(Shopper().see(shopper.address))

    assert "Stoneware bowl 1 \N{MULTIPLICATION SIGN} £18.50 £18.50" in page
    assert "Ada Byron 12 Fern Street Bristol BS1 4DJ" in page
