"""How an order's page follows its order: what it is told, and when it looks again."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventbus.testing import drain
from tests.journeys.shopper import DOWN, Shopper, steps, words


def asked_next(page: str) -> str:
    """The address that the page looks at next."""
    (address,) = re.findall(r'hx-get="([^"]+look=[^"]+)"', page)
    return str(address).replace("&amp;", "&")


def look(shopper: Shopper, address: str) -> str:
    """What the page's own look is answered."""
    return shopper.client.get(address, headers={"HX-Request": "true", "HX-Target": "look"}).content.decode()


@pytest.fixture
def placed(shopper: Shopper) -> str:
    shopper.pick("BOWL")
    return shopper.order()


def test_a_look_without_news_says_only_as_of_when(shopper: Shopper, placed: str) -> None:
    page = look(shopper, asked_next(placed))

    assert "As of <time" in page
    assert "order-now" not in page
    assert "<title>" not in page
    assert "look=2&amp;seen=" in page


def test_news_bring_the_order_its_title_and_a_sentence_to_be_read_out(shopper: Shopper, placed: str) -> None:
    drain()

    page = look(shopper, asked_next(placed))

    assert "<title>Your order is on its way · Fernhill</title>" in page
    assert 'id="order-now" hx-swap-oob="outerHTML"' in page
    assert '<p id="said" hx-swap-oob="innerHTML">Your order is on its way</p>' in page
    assert steps(page) == ["done"] * 5
    assert "look=1&amp;seen=" in page
    assert "<footer" not in page


def test_the_pauses_grow_and_end(shopper: Shopper, placed: str) -> None:
    seen = asked_next(placed).partition("seen=")[2]
    pages = [look(shopper, f"{shopper.address}?look={n}&seen={seen}") for n in (4, 7, 59, 60)]

    assert [re.findall(r"delay:(\d+)ms", page) for page in pages] == [["1000"], ["2250"], ["15000"], []]
    assert "this page has stopped looking. <a" in pages[-1]


def test_without_script_the_pauses_grow_and_end_too(shopper: Shopper, placed: str) -> None:
    pages = [shopper.see(f"{shopper.address.partition('?')[0]}?look={n}") for n in (0, 59, 60)]

    assert [re.findall(r'http-equiv="refresh" content="(\d+);', page) for page in pages] == [
        ["2"],
        ["15"],
        [],
    ]
    assert "Look again" in words(pages[-1])


@pytest.mark.parametrize("_look", ["", "-1", "x", "9" * 30, "\N{SUPERSCRIPT TWO}"])
def test_a_number_of_looks_that_nobody_counted_harms_nothing(
    _look: str, shopper: Shopper, placed: str
) -> None:
    shopper.see(f"{shopper.address}?look={_look}&seen=x")

    assert shopper.status == 200


def test_the_diary_tells_what_happened_and_where_to_read_the_mails(shopper: Shopper, placed: str) -> None:
    drain()
    page = words(shopper.look())

    told = page.partition("What happened ")[2].partition(" Read the mails")[0]
    assert re.sub(r"\d+ \w+, \d\d:\d\d :\d\d ", "| ", told).replace(_number(page), "N") == (
        "| You ordered. £22.45 in all "
        "| Your items are reserved, your payment has arrived: your order is confirmed. "
        "| We wrote to you: Your order N is confirmed "
        f"| Your parcel was handed to shipping. Tracking number {_tracking(page)} "
        "| We wrote to you: Your order N is on its way"
    )


def test_what_the_shopper_did_is_told_in_the_diary(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order(card_number=DOWN)
    drain()

    page = shopper.send(f"{shopper.address}cancel/", reason="I ordered by mistake")

    assert "You asked us to cancel. I ordered by mistake" in words(page)


def test_pages_of_the_purchase_ask_few_questions(shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.pick("CANDLE")

    counts = {page: statements(shopper.see, page) for page in ("/cart/", "/checkout/")}
    page = shopper.order()
    counts["order"] = statements(shopper.see, shopper.address)
    counts["look"] = statements(partial(look, shopper), asked_next(page))
    drain()
    counts["shipped"] = statements(shopper.see, shopper.address)

    assert counts == {"/cart/": 8, "/checkout/": 7, "order": 9, "look": 7, "shipped": 11}


def statements(ask: Callable[[str], str], address: str) -> int:
    """How many statements an answer takes."""
    with CaptureQueriesContext(connection) as captured:
        ask(address)
    return len(captured)


def _number(page: str) -> str:
    return page.removeprefix("Order ").partition(" ")[0]


def _tracking(page: str) -> str:
    return page.partition("Tracking number ")[2].partition(".")[0].strip()
