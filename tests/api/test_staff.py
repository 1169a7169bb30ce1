"""What staff do over HTTP: with the permissions that they have in the admin."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import get_resolver

from catalog import services as catalog
from catalog.models import Product
from config.api.tokens import issue_token
from eventbus import drain
from inventory.queries import stock_of
from orders import queries, services
from orders.models import Order
from tests.api.client import Api
from tests.factories import UserFactory
from tests.orders.builders import ORDER, a_shipped_order, an_article, an_order_placed, pieces, pounds

NUMBER = an_order_placed().number
RETURN = UUID("0196f0c0-0000-7000-8000-00000000000a")
A_JUG = {
    "sku": "JUG",
    "name": "The jug",
    "category": "tableware",
    "price": {"amount": 1200, "currency": "GBP"},
}
ACTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("POST", "products", "catalog.add_product", A_JUG),
    ("GET", "products/MUG-RED", "catalog.view_product", {}),
    ("PUT", "products/MUG-RED/description", "catalog.change_product", {"name": "Mug", "description": ""}),
    ("PUT", "products/MUG-RED/category", "catalog.change_product", {"category": "mugs"}),
    ("PUT", "products/MUG-RED/attributes", "catalog.change_product", {"attributes": {"colour": "red"}}),
    ("PUT", "products/MUG-RED/price", "catalog.change_product", {"amount": 900, "currency": "GBP"}),
    ("PUT", "products/MUG-RED/offer", "catalog.change_product", {"offered": False}),
    ("GET", "stock/MUG-RED", "inventory.view_stockitem", {}),
    ("POST", "stock/MUG-RED/deliveries", "inventory.change_stockitem", {"quantity": 1, "reason": "van"}),
    ("POST", "stock/MUG-RED/corrections", "inventory.change_stockitem", {"quantity": -1, "reason": "broken"}),
    ("GET", f"orders/{NUMBER}", "orders.view_order", {}),
    ("GET", f"orders/{NUMBER}/events", "orders.view_order", {}),
    ("POST", f"orders/{NUMBER}/cancel", "orders.cancel_order", {"reason": "asked by phone"}),
    (
        "POST",
        f"orders/{NUMBER}/returns/{RETURN}/receive",
        "orders.change_stafftask",
        {"lines": [{"sku": "MUG-RED", "quantity": 1}], "restock": []},
    ),
    ("POST", f"orders/{NUMBER}/returns/{RETURN}/refuse", "orders.change_stafftask", {"reason": "too old"}),
    ("POST", f"orders/{NUMBER}/refunds", "payments.refund_payment", {"reason": "late"}),
    ("GET", "subscriptions", "eventbus.view_checkpoint", {}),
    ("GET", "subscriptions/orders.checkout", "eventbus.view_checkpoint", {}),
    ("POST", "subscriptions/orders.checkout/pause", "eventbus.change_pause", {"reason": "moving house"}),
    ("POST", "subscriptions/orders.checkout/resume", "eventbus.change_pause", {}),
    ("GET", "messages", "eventbus.view_message", {}),
    ("GET", f"messages/{RETURN}", "eventbus.view_message", {}),
    ("GET", "dead-letters", "eventbus.view_delivery", {}),
    ("GET", "dead-letters/1", "eventbus.view_delivery", {}),
    ("POST", "dead-letters/1/retry", "eventbus.change_delivery", {}),
    ("POST", "dead-letters/1/discard", "eventbus.change_delivery", {"reason": "sent by hand"}),
]
NAMES = [f"{method} {path}" for method, path, *_ in ACTS]


def a_program(*permissions: str, staff: bool = True) -> Api:
    """Acts for Grace, who may do this and nothing else."""
    grace: User = UserFactory.create(username="grace", staff=staff)
    for permission in permissions:
        room, _, codename = permission.partition(".")
        grace.user_permissions.add(Permission.objects.get(content_type__app_label=room, codename=codename))
    return Api(Authorization=f"Bearer {issue_token(user=grace, name='Till', days=1)}")


def ask(api: Api, method: str, path: str, body: dict[str, Any]) -> Any:
    return api.send(method, f"/staff/{path}/", body, Idempotency_Key="one")


def test_every_address_of_staff_is_tried_below() -> None:
    rooms = ("catalog.api.urls", "inventory.api", "orders.api.urls", "eventbus.api.urls")
    views: list[Any] = [view for room in rooms for view in get_resolver(room).url_patterns]

    staff = [view for view in views if "staff/" in str(view.pattern)]

    assert len(staff) == len(ACTS)
    assert [view.name for view in staff if not getattr(view.callback.cls, "needs_permission", "")] == []


@pytest.mark.parametrize(("method", "path", "permission", "body"), ACTS, ids=NAMES)
def test_nobody_does_it_without_the_permission(
    api: Api, method: str, path: str, permission: str, body: dict[str, Any]
) -> None:
    others = {needed for _, _, needed, _ in ACTS} - {permission}

    assert ask(api, method, path, body).refusal == (401, "not_authenticated")
    assert ask(a_program(*others), method, path, body).refusal == (403, "permission_denied")


@pytest.mark.parametrize(("method", "path", "permission", "body"), ACTS, ids=NAMES)
def test_nobody_does_it_who_is_no_staff(
    api: Api, method: str, path: str, permission: str, body: dict[str, Any]
) -> None:
    assert ask(a_program(permission, staff=False), method, path, body).refusal == (403, "permission_denied")


def test_a_price_is_changed(api: Api) -> None:
    an_article()

    changed = a_program("catalog.change_product").put(
        "/staff/products/MUG-RED/price/", {"amount": 900, "currency": "GBP"}
    )

    assert (changed.status, changed.body) == (200, {"amount": 900, "currency": "GBP"})
    assert Product.objects.get().price == pounds("9.00")


@pytest.mark.parametrize("amount", [-1, 10**30])
def test_no_price_is_below_nothing_or_beyond_all_bounds(api: Api, amount: int) -> None:
    an_article()

    refused = a_program("catalog.change_product").put(
        "/staff/products/MUG-RED/price/", {"amount": amount, "currency": "GBP"}
    )

    assert refused.status == 422
    assert Product.objects.get().price == pounds("8.50")


def test_a_product_is_added_once_and_can_be_read_at_once(api: Api) -> None:
    an_article()
    category = Product.objects.get().category.slug
    staff = a_program("catalog.add_product")
    wanted = A_JUG | {"category": category}

    added = [staff.post("/staff/products/", wanted, key="one") for _ in range(2)]
    again = staff.post("/staff/products/", wanted)
    drain()
    shown = api.get("/products/the-jug/", wait_for=added[0].headers["Message-Id"])

    assert [(answer.status, answer["sku"]) for answer in added] == [(201, "JUG")] * 2
    assert again.refusal == (409, "sku_taken")
    assert (shown["price"], shown["category"]) == (A_JUG["price"], category)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"category": "nowhere"}, (404, "unknown_category")),
        ({"price": {"amount": -1, "currency": "GBP"}}, (422, "invalid_fields")),
        ({"sku": "a/b"}, (422, "invalid_fields")),
        ({"name": ""}, (422, "invalid_fields")),
    ],
)
def test_a_product_that_cannot_be_is_not_added(
    api: Api, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    an_article()
    wanted = A_JUG | {"category": Product.objects.get().category.slug} | changes

    refused = a_program("catalog.add_product").post("/staff/products/", wanted)

    assert refused.refusal == refusal
    assert Product.objects.count() == 1


def test_a_product_is_withdrawn_and_offered_again(api: Api) -> None:
    an_article()
    staff = a_program("catalog.change_product")

    states = []
    for offered in (False, False, True):
        assert staff.put("/staff/products/MUG-RED/offer/", {"offered": offered}).status == 200
        states.append(Product.objects.get().is_published)

    assert states == [False, False, True]
    unknown = staff.put("/staff/products/NONE/offer/", {"offered": True})
    assert unknown.refusal == (404, "unknown_product")


def test_a_product_is_described_moved_and_told_apart(api: Api) -> None:
    an_article()
    catalog.add_category(slug="glass", name="Glass")
    staff, place = a_program("catalog.view_product", "catalog.change_product"), "/staff/products/MUG-RED"

    staff.put(f"{place}/description/", {"name": "Red mug", "description": "Holds a pint."})
    staff.put(f"{place}/category/", {"category": "glass"})
    told = staff.put(f"{place}/attributes/", {"attributes": {"Colour": "Dark  red", "size": "large"}})
    drain()

    assert told.body == {
        "sku": "MUG-RED",
        "name": "Red mug",
        "description": "Holds a pint.",
        "category": "glass",
        "price": {"amount": 850, "currency": "GBP"},
        "attributes": {"colour": "dark red", "size": "large"},
        "offered": True,
    }
    assert staff.get(f"{place}/").body == told.body
    listed = api.get("/products/the-mug-red/", wait_for=told.headers["Message-Id"])
    assert (listed["name"], listed["category"], listed["attributes"]) == (
        "Red mug",
        "glass",
        {"colour": "dark red", "size": "large"},
    )


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("description", {"name": "Red mug", "description": ""}),
        ("category", {"category": "glass"}),
        ("attributes", {"attributes": {"colour": "red"}}),
        ("price", {"amount": 900, "currency": "GBP"}),
        ("offer", {"offered": False}),
    ],
)
def test_a_product_is_changed_only_as_it_was_seen(api: Api, act: str, body: dict[str, Any]) -> None:
    an_article()
    catalog.add_category(slug="glass", name="Glass")
    staff, place = a_program("catalog.view_product", "catalog.change_product"), "/staff/products/MUG-RED"
    seen = staff.get(f"{place}/").headers["ETag"]

    changed = staff.put(f"{place}/{act}/", body, If_Match=f'"other", {seen}')
    refused = staff.put(f"{place}/{act}/", body, If_Match=seen)

    assert changed.status == 200
    assert refused.refusal == (412, "precondition_failed")
    assert changed.headers["ETag"] == staff.get(f"{place}/").headers["ETag"] != seen


@pytest.mark.parametrize(
    ("act", "body", "refusal"),
    [
        ("description", {"name": "x" * 121, "description": ""}, (422, "invalid_fields")),
        ("category", {"category": "nowhere"}, (404, "unknown_category")),
        ("attributes", {"attributes": {"": "red"}}, (422, "invalid_attributes")),
        ("attributes", {"attributes": {"a:b": "red"}}, (422, "invalid_attributes")),
        ("attributes", {"attributes": {"colour\0": "red"}}, (422, "invalid_attributes")),
        ("attributes", {"attributes": {"colour": "x" * 61}}, (422, "invalid_attributes")),
        ("attributes", {"attributes": {f"a{n}": "b" for n in range(9)}}, (422, "invalid_attributes")),
        ("attributes", {"attributes": ["red"]}, (422, "invalid_fields")),
    ],
)
def test_a_product_that_cannot_be_is_not_made(
    api: Api, act: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    an_article()
    staff = a_program("catalog.view_product", "catalog.change_product")
    before = staff.get("/staff/products/MUG-RED/").body

    assert staff.put(f"/staff/products/MUG-RED/{act}/", body).refusal == refusal
    assert staff.get("/staff/products/MUG-RED/").body == before


def test_stock_is_received_and_put_right_once_each(api: Api) -> None:
    an_article(stock=10)
    staff = a_program("inventory.change_stockitem")

    for _ in range(2):
        staff.post("/staff/stock/MUG-RED/deliveries/", {"quantity": 5, "reason": "van"}, key="one")
        right = staff.post(
            "/staff/stock/MUG-RED/corrections/", {"quantity": -3, "reason": "broken"}, key="two"
        )

    assert right.body == {"sku": "MUG-RED", "on_hand": 12, "reserved": 0, "available": 12}
    assert stock_of(["MUG-RED"])["MUG-RED"].on_hand == 12


@pytest.mark.parametrize(
    ("act", "body", "refusal"),
    [
        ("corrections", {"quantity": -11, "reason": "lost"}, (409, "out_of_stock")),
        ("corrections", {"quantity": 0, "reason": "lost"}, (422, "invalid_quantity")),
        ("corrections", {"quantity": 1, "reason": ""}, (422, "invalid_reason")),
        ("deliveries", {"quantity": -1, "reason": "van"}, (422, "invalid_quantity")),
        ("deliveries", {"quantity": 10**30, "reason": "van"}, (422, "too_many_units")),
    ],
)
def test_stock_that_cannot_be_moved_is_not(
    api: Api, act: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    an_article(stock=10)

    refused = a_program("inventory.change_stockitem").post(f"/staff/stock/MUG-RED/{act}/", body)

    assert refused.refusal == refusal
    assert stock_of(["MUG-RED"])["MUG-RED"].on_hand == 10


def test_an_order_is_found_by_its_number_however_it_is_written(api: Api) -> None:
    a_shipped_order()
    staff = a_program("orders.view_order")

    assert staff.get(f"/staff/orders/{NUMBER.lower()}/")["number"] == NUMBER
    for unknown in ("0000", "%00"):
        assert staff.get(f"/staff/orders/{unknown}/").refusal == (404, "order_number_unknown")


def test_staff_give_money_back_once_and_read_who_did(api: Api) -> None:
    a_shipped_order()
    staff = a_program("payments.refund_payment", "orders.view_order")
    wanted = {"amount": {"amount": 500, "currency": "GBP"}, "reason": "It came late"}

    first, second = (staff.post(f"/staff/orders/{NUMBER}/refunds/", wanted, key="one") for _ in range(2))

    assert (first.status, first.body) == (201, second.body)
    assert [str(refund.refund_id) for refund in queries.order_state(ORDER).refunds] == [first["id"]]
    told = staff.get(f"/staff/orders/{NUMBER}/events/")["events"][-1]
    assert told["sentence"] == "grace gave back £5.00: It came late"


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"reason": "late"}, (422, "invalid_fields")),
        ({"reason": "late", "amount": {"amount": 2096, "currency": "GBP"}}, (422, "refund_refused")),
        ({"reason": "late", "amount": {"amount": 100, "currency": "USD"}}, (422, "refund_refused")),
        ({"reason": "late", "lines": [{"sku": "MUG-RED", "quantity": 3}]}, (422, "more_than_shipped")),
    ],
)
def test_no_more_is_given_back_than_was_paid(
    api: Api, wanted: dict[str, Any], refusal: tuple[int, str]
) -> None:
    a_shipped_order()

    assert (
        a_program("payments.refund_payment").post(f"/staff/orders/{NUMBER}/refunds/", wanted).refusal
        == refusal
    )
    assert not queries.order_state(ORDER).refunded


def test_staff_call_an_order_off_in_their_own_name(api: Api) -> None:
    api.order()
    order = Order.objects.get()

    taken = a_program("orders.cancel_order").post(
        f"/staff/orders/{order.number}/cancel/", {"reason": "asked by phone"}
    )

    assert taken.status == 202
    assert queries.order_story(order.pk)[-1].sentence == "grace asked to cancel: asked by phone"


def test_goods_that_come_back_are_taken_in_once(api: Api) -> None:
    a_shipped_order()
    services.request_return(order_id=ORDER, lines=pieces(MUG_RED=2), reason="broken", return_id=RETURN)
    staff = a_program("orders.change_stafftask")
    place = f"/staff/orders/{NUMBER}/returns/{RETURN}"
    one = [{"sku": "MUG-RED", "quantity": 1}]

    more = staff.post(f"{place}/receive/", {"lines": one, "restock": [{"sku": "MUG-RED", "quantity": 2}]})
    taken = [staff.post(f"{place}/receive/", {"lines": one, "restock": one}, key="one") for _ in range(2)]
    late = staff.post(f"{place}/refuse/", {"reason": "too old"})

    assert more.refusal == (422, "more_than_arrived")
    assert [answer["refund"] for answer in taken] == [{"amount": 850, "currency": "GBP"}] * 2
    assert late.refusal == (409, "return_already_settled")
    assert [each.state for each in queries.order_state(ORDER).returns] == ["received"]
    assert "came back to grace" in queries.order_story(ORDER)[-1].sentence


def test_goods_that_are_not_taken_back_are_refused_with_a_reason(api: Api) -> None:
    a_shipped_order()
    services.request_return(order_id=ORDER, lines=pieces(MUG_RED=2), reason="broken", return_id=RETURN)
    staff = a_program("orders.change_stafftask")

    refused = staff.post(f"/staff/orders/{NUMBER}/returns/{RETURN}/refuse/", {"reason": "too old"})

    assert (refused.status, refused["id"]) == (200, str(RETURN))
    assert queries.order_story(ORDER)[-1].sentence == "grace did not take the goods back: too old"
