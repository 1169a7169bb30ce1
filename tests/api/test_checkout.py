"""From a cart to an order over HTTP."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import services as catalog
from eventbus.testing import drain
from orders.models import Order
from orders.queries import order_by_token
from payments.models import Payment
from tests.api.client import BRISTOL, Api, a_checkout
from tests.orders.builders import pounds


@pytest.mark.usefixtures("sandbox")
def test_a_cart_becomes_an_order_that_is_shipped(api: Api) -> None:
    place = api.cart()

    taken = api.post(f"{place}/checkout/", a_checkout())
    before = api.get(taken["status_url"])
    drain()
    after = api.get(taken["status_url"])

    assert (taken.status, taken.headers["Location"]) == (202, taken["status_url"])
    assert (before["state"], before["finished"]) == ("placed", False)
    assert (after["state"], after["finished"], after["total"]["amount"]) == ("shipped", True, 2095)
    assert after["tracking_number"] != ""
    assert api.get(api.get(f"{place}/")["order_url"])["number"] == after["number"]


def test_a_cart_is_one_order_however_often_it_is_checked_out(api: Api) -> None:
    place = api.cart()

    first, second = (api.post(f"{place}/checkout/", a_checkout()) for _ in range(2))

    assert [order_by_token(answer["order"]) for answer in (first, second)] == [Order.objects.get().pk] * 2
    assert Payment.objects.count() == 1


def test_another_total_than_was_agreed_to_is_refused(api: Api) -> None:
    place = api.cart()
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

    refused = api.post(f"{place}/checkout/", a_checkout())

    assert refused.refusal == (409, "total_changed")
    assert "from £20.95 to £21.95" in refused["detail"]
    assert not Order.objects.exists()


def test_a_cart_is_ordered_only_as_it_was_seen(api: Api) -> None:
    place = api.cart()
    seen = api.get(f"{place}/").headers["ETag"]
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))
    dearer = a_checkout(expected_total={"amount": 2195, "currency": "GBP"})

    refused = api.post(f"{place}/checkout/", dearer, If_Match=seen)

    assert refused.refusal == (412, "precondition_failed")
    assert not Order.objects.exists()
    taken = api.post(f"{place}/checkout/", dearer, If_Match=api.get(f"{place}/").headers["ETag"])
    again = api.post(f"{place}/checkout/", dearer, If_Match=seen)
    assert (taken.status, again.status) == (202, 202)
    assert Order.objects.count() == 1


def test_an_empty_cart_is_refused(api: Api) -> None:
    cart_id = api.post("/carts/")["id"]

    assert api.post(f"/carts/{cart_id}/checkout/", a_checkout()).refusal == (409, "cart_is_empty")


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"customer": {"name": "Ada", "email": "ada"}}, ["/customer/email"]),
        ({"address": BRISTOL | {"postcode": "!"}}, ["/address/postcode"]),
        ({"address": {}}, ["/address/line1", "/address/city", "/address/postcode"]),
        ({"card_token": "t" * 65}, ["/card_token"]),
        ({"card_token": "\x00"}, ["/card_token"]),
        ({"expected_total": 2095}, ["/expected_total"]),
    ],
)
def test_each_wrong_field_is_pointed_at(api: Api, changes: dict[str, Any], pointers: list[str]) -> None:
    refused = api.post(f"{api.cart()}/checkout/", a_checkout(**changes))

    assert refused.refusal == (422, "invalid_fields")
    assert [error["pointer"] for error in refused["errors"]] == pointers
    assert not Order.objects.exists()


def test_state_number_and_owner_are_not_the_clients_to_say(api: Api) -> None:
    theirs = {
        "state": "shipped",
        "number": "MINE",
        "order_id": "mine",
        "payment_method": "account",
        "total": 1,
    }

    api.order(**theirs)

    order = Order.objects.get()
    assert (order.state, order.payment_method, order.total_amount) == ("placed", "card", 2095)
    assert order.number != "MINE"


def test_a_checkout_is_17_statements_its_key_included(api: Api) -> None:
    place = api.cart()

    with CaptureQueriesContext(connection) as statements:
        assert api.post(f"{place}/checkout/", a_checkout()).status == 202

    assert len(statements) == 17
