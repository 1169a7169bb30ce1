"""What a client may set: prices, states and owners are the shop's affair, whatever is sent along."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders.models import Cart, Order
from tests.api.client import TWO_MUGS, Api, a_checkout
from tests.api.test_description import TOLD

SHOPPERS = {
    f"{method.upper()} {path}": operation["requestBody"]
    for path, methods in TOLD["paths"].items()
    for method, operation in methods.items()
    if "/staff/" not in path and "requestBody" in operation
}
OURS = (
    "price",
    "amount",
    "currency",
    "total",
    "tax",
    "state",
    "status",
    "owner",
    "customer_id",
    "user",
    "paid",
)
AGREED_TO = {"expected_total", "expected_total.amount", "expected_total.currency"}
"""The total that a shopper has seen: another one by now is refused, and none is ever set by it."""


def members(schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """The path of everything that can be sent."""
    if "$ref" in schema:
        yield from members(TOLD["components"]["schemas"][schema["$ref"].rpartition("/")[2]], place)
    for each in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from members(each, place)
    if "items" in schema:
        yield from members(schema["items"], place)
    for name, inner in schema.get("properties", {}).items():
        if not inner.get("readOnly"):
            yield f"{place}{name}"
            yield from members(inner, f"{place}{name}.")


def test_there_are_bodies_to_look_through() -> None:
    assert {
        "POST /api/v1/carts/{cart_id}/checkout/",
        "POST /api/v1/carts/{cart_id}/lines/",
    } <= SHOPPERS.keys()
    assert (
        set(
            members(
                SHOPPERS["POST /api/v1/carts/{cart_id}/checkout/"]["content"]["application/json"]["schema"]
            )
        )
        > AGREED_TO
    )


@pytest.mark.parametrize("name", SHOPPERS)
def test_no_body_of_a_shopper_has_a_place_for_what_is_ours(name: str) -> None:
    (content,) = SHOPPERS[name]["content"].values()

    ours = {
        path
        for path in members(content["schema"])
        if any(word in path.rpartition(".")[2] for word in OURS) and path not in AGREED_TO
    }

    assert ours == set()


def test_what_is_sent_along_changes_nothing(api: Api) -> None:
    place = api.cart()
    cheap = {"price": 1, "unit_price": {"amount": 1, "currency": "GBP"}, "owner": 1, "customer_id": 1}

    api.post(f"{place}/lines/", {"sku": "MUG-RED", "quantity": 1} | cheap)
    api.put(f"{place}/lines/MUG-RED/", {"quantity": 2, "total": 1, "state": "ordered"} | cheap)
    ordered = api.post(
        f"{place}/checkout/",
        a_checkout(state="shipped", total={"amount": 1, "currency": "GBP"}, paid=True, number="X", **cheap),
    )

    order = Order.objects.get()
    assert ordered.status == 202
    assert (order.state, order.total_amount, order.customer_id) == ("placed", TWO_MUGS["amount"], None)
    assert Cart.objects.get().customer_id is None
    assert order.number != "X"
