"""What is sent beside what is asked for: a price, a state, an owner."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Cart, CartLine, Order, SavedAddress
from tests.accounts.visitor import an_account
from tests.api.client import Api
from tests.orders.builders import an_article

pytestmark = pytest.mark.usefixtures("bus")
GRASPING: dict[str, Any] = {
    "customer_id": 999,
    "owner": 999,
    "state": "shipped",
    "number": "AAAA-AAAA-AAAA",
    "price": {"amount": 1, "currency": "GBP"},
    "unit_price": {"amount": 1, "currency": "GBP"},
    "total": {"amount": 1, "currency": "GBP"},
    "total_amount": 1,
    "seen_amount": 1,
    "refunded_amount": 1,
    "payment_method": "account",
    "delivery": "own",
    "is_default": True,
    "id": "00000000-0000-0000-0000-000000000001",
}


def test_a_programs_cart_and_order_take_none_of_it() -> None:
    api, sku = Api(), an_article()

    cart = api.post("/carts/", GRASPING)["id"]
    api.post(f"/carts/{cart}/lines/", GRASPING | {"sku": sku, "quantity": 2})
    ordered = api.post(
        f"/carts/{cart}/checkout/",
        GRASPING
        | {
            "customer": {"name": "Eve", "email": "eve@example.com", "reference": "C1", **GRASPING},
            "address": {"line1": "1 Eve St", "city": "Evesham", "postcode": "EV1 1EV", **GRASPING},
            "card_token": "tok_visa",
            "expected_total": {"amount": 2095, "currency": "GBP"},
        },
    )

    assert ordered.status == 202
    order = Order.objects.get()
    assert (order.state, order.customer_id, order.total_amount) == ("placed", None, 2095)
    assert (order.payment_method, order.delivery, order.customer["reference"]) == ("card", "carrier", "")
    assert Cart.objects.get().customer_id is None
    assert [line["unit_price"]["amount"] for line in order.lines] == [850]


def test_a_shoppers_forms_take_none_of_it() -> None:
    client, ada = Client(), an_account()
    client.force_login(ada)
    client.post("/cart/add/", GRASPING | {"sku": an_article(), "quantity": 2})

    line = CartLine.objects.select_related("cart").get()
    assert (line.seen_amount, line.cart.customer_id) == (850, ada.pk)


def test_an_address_is_kept_for_who_sends_it_and_not_for_whom_they_say() -> None:
    client, ada = Client(), an_account()
    client.force_login(ada)
    sent = {"name": "Ada", "line1": "1 Queen Square", "city": "Bristol", "postcode": "BS1 4DJ"}

    client.post("/account/addresses/new/", GRASPING | sent)

    saved = SavedAddress.objects.get()
    assert (saved.customer_id, str(saved.pk)) != (999, GRASPING["id"])
    assert saved.customer_id == ada.pk


def test_no_form_makes_staff_of_a_customer() -> None:
    client, ada = Client(), an_account()
    client.force_login(ada)

    client.post(
        "/account/profile/",
        {"form": "name", "name": "Eve", "is_staff": "1", "is_superuser": "1", "email": "x@y.z"},
    )

    ada.refresh_from_db()
    assert (ada.first_name, ada.email, ada.is_staff, ada.is_superuser) == (
        "Eve",
        "ada@example.com",
        False,
        False,
    )
