"""Carts over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from orders.models import CartLine
from tests.api.client import Answer, Api
from tests.orders.builders import an_article, pounds
from tests.orders.test_cancelling import wait_until_somebody_waits


def test_a_cart_is_opened_empty_at_an_address_of_its_own(api: Api) -> None:
    opened = api.post("/carts/")

    assert (opened.status, opened["lines"], opened["total"]["amount"]) == (201, [], 0)
    assert api.get(opened.headers["Location"]).body == opened.body


def test_a_cart_is_told_at_todays_prices(api: Api) -> None:
    place = api.cart()
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

    cart = api.get(f"{place}/")

    (line,) = cart["lines"]
    assert (line["sku"], line["quantity"], line["unit_price"]["amount"]) == ("MUG-RED", 2, 900)
    assert line["notes"] == ["The price has changed from £8.50 to £9.00 since you picked it."]
    assert [cart[name]["amount"] for name in ("subtotal", "shipping", "tax", "total")] == [
        1800,
        395,
        366,
        2195,
    ]
    assert (cart["can_order"], cart["order_url"]) == (True, None)


def test_pieces_are_added_set_and_taken_out(api: Api) -> None:
    place = api.cart(quantity=1)

    added = api.post(f"{place}/lines/", {"sku": "MUG-RED", "quantity": 2})
    changed = api.put(f"{place}/lines/MUG-RED/", {"quantity": 5})
    emptied = api.delete(f"{place}/lines/MUG-RED/")

    assert [answer["units"] for answer in (added, changed, emptied)] == [3, 5, 0]


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**30])
def test_a_quantity_that_no_cart_holds_is_refused(api: Api, quantity: int) -> None:
    place = api.cart(quantity=1)

    refused = api.post(f"{place}/lines/", {"sku": "MUG-RED", "quantity": quantity})

    assert refused.refusal == (422, "quantity_refused")
    assert refused["detail"] == "Please choose a quantity between 1 and 99."
    assert api.get(f"{place}/")["units"] == 1


def test_what_is_not_sold_is_refused(api: Api) -> None:
    place = api.cart()

    assert api.post(f"{place}/lines/", {"sku": "NONE"}).refusal == (409, "not_for_sale")
    assert api.put(f"{place}/lines/NONE/", {"quantity": 1}).refusal == (404, "not_in_cart")


def test_nobody_sets_a_price(api: Api) -> None:
    an_article(price="8.50")
    place = f"/carts/{api.post('/carts/')['id']}"
    cheap = {"sku": "MUG-RED", "unit_price": {"amount": 1, "currency": "GBP"}, "seen_amount": 1, "total": 1}

    cart = api.post(f"{place}/lines/", cheap)

    assert cart["lines"][0]["unit_price"]["amount"] == 850
    assert CartLine.objects.get().seen_amount == 850


def test_an_unknown_cart_is_a_problem(api: Api) -> None:
    assert api.get(f"/carts/{uuid4()}/").refusal == (404, "cart_not_found")
    assert api.post(f"/carts/{uuid4()}/lines/", {"sku": "MUG-RED"}).refusal == (404, "cart_not_found")


def test_a_cart_is_changed_only_as_it_was_seen(api: Api) -> None:
    place = api.cart()
    seen = api.get(f"{place}/").headers["ETag"]

    changed = api.put(f"{place}/lines/MUG-RED/", {"quantity": 3}, If_Match=seen)
    refused = api.put(f"{place}/lines/MUG-RED/", {"quantity": 4}, If_Match=seen)
    again = api.delete(f"{place}/lines/MUG-RED/", If_Match=f'"other", {changed.headers["ETag"]}')

    assert refused.refusal == (412, "precondition_failed")
    assert [changed["units"], again["units"]] == [3, 0]


def test_of_two_who_saw_the_same_cart_one_changes_it(api: Api) -> None:
    place = api.cart()
    seen = api.get(f"{place}/").headers["ETag"]

    def change(quantity: int) -> Answer:
        try:
            return Api().put(f"{place}/lines/MUG-RED/", {"quantity": quantity}, If_Match=seen)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = api.put(f"{place}/lines/MUG-RED/", {"quantity": 3}, If_Match=seen)
            second = pool.submit(change, 4)
            wait_until_somebody_waits()
        refused = second.result(30)

    assert first["units"] == 3
    assert refused.refusal == (412, "precondition_failed")
    assert CartLine.objects.get().quantity == 3


def test_a_price_that_moves_is_a_cart_that_moves(api: Api) -> None:
    place = api.cart()
    seen = api.get(f"{place}/").headers["ETag"]
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))

    refused = api.post(f"{place}/lines/", {"sku": "MUG-RED"}, If_Match=seen)

    assert refused.refusal == (412, "precondition_failed")
    assert CartLine.objects.get().quantity == 2


def test_a_cart_is_read_with_a_handful_of_queries(
    api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    place = api.cart()
    for sku in ("MUG-BLUE", "MUG-GREEN"):
        an_article(sku)
        api.post(f"{place}/lines/", {"sku": sku})

    with django_assert_num_queries(6):
        assert len(api.get(f"{place}/")["lines"]) == 3
