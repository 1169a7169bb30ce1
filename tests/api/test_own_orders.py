"""An account's own orders: by its token or session, and nobody else's."""

import pytest
from django.contrib.auth.models import User

from config.api.tokens import issue_token
from orders.models import Order
from tests.api.client import Api, a_checkout
from tests.factories import UserFactory
from tests.orders.builders import an_article


def order(program: Api) -> str:
    """The address of a new order of two mugs."""
    place = f"/carts/{program.post('/carts/')['id']}"
    program.post(f"{place}/lines/", {"sku": "MUG-RED", "quantity": 2})
    return f"/orders/{program.post(f'{place}/checkout/', a_checkout())['order']}"


def acting_for(user: User) -> Api:
    return Api(Authorization=f"Bearer {issue_token(user=user, name='Phone', days=1)}")


@pytest.fixture
def ada(api: Api) -> User:
    """Somebody with an account, where mugs are sold."""
    an_article("MUG-RED")
    return UserFactory.create(username="ada")


def test_an_account_sees_its_own_orders_and_steers_them(ada: User) -> None:
    mine = acting_for(ada)
    placed = order(mine)

    (listed,) = mine.get("/orders/")["items"]
    shown = mine.get(listed["status_url"])

    assert f"/orders/{listed['order']}" == placed
    assert (listed["number"], listed["state"]) == (shown["number"], "placed")
    assert listed["total"] == {"amount": 2095, "currency": "GBP"}
    assert [(line["sku"], line["quantity"]) for line in listed["lines"]] == [("MUG-RED", 2)]


def test_nobody_sees_the_orders_of_another_or_of_guests(api: Api, ada: User) -> None:
    order(api)
    Order.objects.update(number="GUEST")
    order(acting_for(ada))

    other = acting_for(UserFactory.create(username="eve"))

    assert other.get("/orders/")["items"] == []
    assert len(acting_for(ada).get("/orders/")["items"]) == 1
    assert other.get("/orders/", cursor="GUEST")["items"] == []


def test_a_guest_is_asked_who_they_are(api: Api) -> None:
    assert api.get("/orders/").refusal == (401, "not_authenticated")


def test_a_session_is_as_good_as_a_token(api: Api, ada: User) -> None:
    order(acting_for(ada))
    api.client.force_login(ada)

    assert len(api.get("/orders/")["items"]) == 1


def test_orders_go_on_page_by_page(ada: User) -> None:
    mine = acting_for(ada)
    for _ in range(11):
        order(mine)

    first = mine.get("/orders/")
    second = mine.get("/orders/", cursor=first["next_cursor"])

    numbers = [item["number"] for item in (*first["items"], *second["items"])]
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (10, 1, None)
    assert numbers == list(Order.objects.order_by("-placed_at").values_list("number", flat=True))


def test_the_cart_of_an_account_is_closed_to_others(api: Api, ada: User) -> None:
    place = acting_for(ada).cart("MUG-BLUE")

    assert api.get(f"{place}/").refusal == (404, "cart_not_found")
    assert acting_for(UserFactory.create(username="eve")).get(f"{place}/").refusal == (404, "cart_not_found")
