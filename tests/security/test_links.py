"""Links that open an order: they end, can be cut off, belong to one purpose, and are told to nobody else."""

from time import time

import pytest
from django.core import signing
from django.test import Client

from orders import queries, services
from orders.errors import LinkExpired, LinkNotValid
from orders.models import LINK_SALT
from tests.orders.builders import ORDER, a_confirmed_order

pytestmark = pytest.mark.usefixtures("bus")
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _order() -> None:
    a_confirmed_order()


def test_a_link_opens_its_order() -> None:
    assert queries.order_by_token(services.order_token(ORDER)) == ORDER


@pytest.mark.parametrize(("age", "good"), [(90 * DAY - 60, True), (90 * DAY + 60, False)])
def test_a_link_ends_after_ninety_days(age: int, good: bool) -> None:
    token = services.order_token(ORDER, second=int(time()) - age)

    if good:
        assert queries.order_by_token(token) == ORDER
        return
    with pytest.raises(LinkExpired):
        queries.order_by_token(token)
    assert Client().get(f"/orders/{token}/").status_code == 410
    assert Client().get(f"/api/v1/orders/{token}/").status_code == 404


def test_a_link_from_before_links_had_an_age_has_ended() -> None:
    with pytest.raises(LinkExpired):
        queries.order_by_token(signing.Signer(salt=LINK_SALT).sign(ORDER.hex))


@pytest.mark.parametrize("page", ["", "mails/", "card/", "cancel/", "return/", "paid/"])
def test_no_page_of_an_order_opens_by_an_old_link(page: str) -> None:
    token = services.order_token(ORDER, second=1)

    assert Client().get(f"/orders/{token}/{page}").status_code == 410


def test_links_that_were_cut_off_stay_so_and_later_ones_open() -> None:
    before = services.order_token(ORDER)

    after = services.cut_links(ORDER)

    with pytest.raises(LinkExpired):
        queries.order_by_token(before)
    assert queries.order_by_token(after) == ORDER
    assert queries.order_by_token(services.order_token(ORDER, second=int(time()) + 2)) == ORDER


def test_cutting_the_links_of_one_order_leaves_those_of_another() -> None:
    a_confirmed_order(order_id=(other := services.create_cart()), number="9ZZZ-9ZZZ-9ZZZ")
    token = services.order_token(other)

    services.cut_links(ORDER)

    assert queries.order_by_token(token) == other


@pytest.mark.parametrize(
    "token",
    [
        ORDER.hex,
        f"{ORDER.hex}.9999999999:forged",
        signing.Signer(salt="accounts.join").sign(f"{ORDER.hex}.9999999999"),
        signing.Signer(key="another shop's", salt=LINK_SALT).sign(f"{ORDER.hex}.9999999999"),
        signing.Signer(salt=LINK_SALT).sign("no-order.1"),
    ],
    ids=["bare", "forged", "for another purpose", "of another shop", "of nothing"],
)
def test_only_this_shop_writes_links_and_each_for_one_purpose(token: str) -> None:
    with pytest.raises(LinkNotValid):
        queries.order_by_token(token)


def test_an_orders_page_tells_its_address_to_nobody() -> None:
    page = Client().get(f"/orders/{services.order_token(ORDER)}/")

    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in page.content.decode()
