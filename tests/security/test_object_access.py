"""Somebody else's orders, carts and addresses: every address of the shop is tried with their ids.

An address that is new is tried too; one with a kind of part that is not known here fails until it is named.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from rest_framework.settings import api_settings

from config.api.tokens import issue_token
from orders import queries, services
from orders.events import Address, CustomerSnapshot
from orders.models import CartLine, Order, SavedAddress
from tests.accounts.visitor import an_account
from tests.orders.builders import a_shipped_order, an_article, pieces
from tests.security.routes import Route, routes

ADA = {
    "name": "Zebedee Quux",
    "email": "zebedee@quux.example",
    "line1": "77 Secret Lane",
    "postcode": "QX7 7QX",
}
# What anybody may see: the shelves, and pages that are about nobody. All else is somebody's, or staff's.
PUBLIC_PARTS = {"slug", "sku", "code", "name", "kind", "rest", "provider"}
# After these a stranger would be nobody; they are about nobody else.
LEAVING = {"accounts:log_out", "admin:logout"}
STAFF_AREAS = ("/admin/", "/api/v1/staff/")


@pytest.fixture
def victim(bus: None) -> User:
    """Ada, with an order that was shipped, a return, a cart and an address."""
    ada = an_account(ADA["email"], ADA["name"])
    customer = {"name": ADA["name"], "email": ADA["email"]}
    home = Address(line1=ADA["line1"], city="Quuxton", postcode=ADA["postcode"])
    order_id = a_shipped_order(customer=CustomerSnapshot(**customer), address=home, customer_id=ada.pk)
    services.request_return(order_id=order_id, lines=pieces(MUG_RED=1), reason="too red", return_id=uuid4())
    cart_id = services.create_cart(customer_id=ada.pk)
    services.add_to_cart(cart_id=cart_id, sku=an_article(), customer_id=ada.pk)
    services.save_address(customer_id=ada.pk, name=ADA["name"], address=home)
    return ada


def parts_of(ada: User) -> dict[str, list[str]]:
    """Whatever of Ada's could stand for a part of an address: also where it does not belong."""
    order = Order.objects.get(customer_id=ada.pk)
    cart_id = str(CartLine.objects.get().cart_id)
    address_id = str(SavedAddress.objects.get(customer_id=ada.pk).pk)
    forged = [
        order.id.hex,
        str(order.id),
        order.number,
        signing.Signer(salt="another purpose").sign(f"{order.id.hex}.9999999999"),
        services.order_token(order.id)[:-1],
        services.order_token(order.id, second=1),
    ]
    return {
        "token": [*forged, signing.dumps({"email": ADA["email"]}, salt="another purpose")],
        "number": [order.number, order.number.lower(), str(order.id)],
        "cart_id": [cart_id],
        "address_id": [address_id],
        "order_id": [str(order.id)],
        "return_id": [str(order.returns[0]["return_id"])],
        "uidb64": ["MQ"],
        "sku": ["MUG-RED"],
    }


def filled(route: Route, parts: dict[str, list[str]]) -> list[str]:
    """The paths of a route with each of Ada's parts in turn; of all else the first that comes to mind."""
    plain = {part: parts.get(part, ["1"])[0] for part in route.parts}
    varying = next((part for part in route.parts if part in parts), None)
    if varying is None:
        return [route.path.format(**plain)]
    return [route.path.format(**plain | {varying: value}) for value in parts[varying]]


def everything() -> dict[str, Any]:
    """A body that any form or endpoint finds what it needs in."""
    money = {"amount": 1000, "currency": "GBP"}
    pieces_back = [{"sku": "MUG-RED", "quantity": 1}]
    customer = {"name": "Eve", "email": "eve@example.com"}
    home = {"line1": "1 Eve Street", "city": "Evesham", "postcode": "EV1 1EV"}
    return {
        **customer,
        **home,
        "sku": "MUG-RED",
        "quantity": 1,
        "customer": customer,
        "address": home,
        "card_token": "tok_visa",
        "expected_total": money,
        "amount": money,
        "price": money,
        "reason": "I like it",
        "lines": pieces_back,
        "restock": [],
    }


def as_guest(_: User) -> Client:
    """Nobody in particular."""
    return Client()


def as_eve(_: User) -> Client:
    """Another customer."""
    client = Client()
    client.force_login(an_account("eve@example.com", "Eve"))
    return client


def as_eves_program(_: User) -> Client:
    """Another customer's program."""
    eve = an_account("eve@example.com", "Eve")
    return Client(headers={"Authorization": f"Bearer {issue_token(user=eve, name='tests', days=1)}"})


def as_clerk(_: User) -> Client:
    """Somebody on the staff who has not been given any right."""
    client = Client()
    client.force_login(an_account("clerk@example.com", "Clerk", is_staff=True))
    return client


STRANGERS: list[Callable[[User], Client]] = [as_guest, as_eve, as_eves_program, as_clerk]


def ask(client: Client, method: str, path: str, route: Route) -> Any:
    """One request, with all that could be needed to make it succeed."""
    headers = {"Idempotency-Key": str(uuid4())}
    if method == "get":
        return client.get(path, headers=headers)
    if path.startswith("/api/"):
        return getattr(client, method)(
            path, json.dumps(everything()), content_type="application/json", headers=headers
        )
    return getattr(client, method)(path, everything() if method == "post" else b"", headers=headers)


def kept(ada: User) -> list[object]:
    """All that is Ada's, as it is in the tables."""
    tables = (
        Order.objects.filter(customer_id=ada.pk),
        CartLine.objects.filter(cart__customer_id=ada.pk),
        SavedAddress.objects.filter(customer_id=ada.pk),
    )
    return [list(table.values()) for table in tables]


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """This stranger is in more of a hurry than anybody."""
    for name in ("every", "payment"):
        monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, name, "100000/minute")


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger.__name__)
def test_nobody_elses_things_are_shown_or_touched_anywhere(
    victim: User, stranger: Callable[[User], Client]
) -> None:
    parts, before, client = parts_of(victim), kept(victim), stranger(victim)
    found = []

    for route in routes():
        if route.name in LEAVING:
            continue
        about_somebody = bool(set(route.parts) - PUBLIC_PARTS)
        for path in filled(route, parts):
            for method in _methods(path):
                answer = ask(client, method, path, route)
                body = b"" if answer.streaming else answer.content
                if any(word.encode() in body for word in ADA.values()):
                    found.append(f"{method} {path} shows what is Ada's")
                if about_somebody and not _refused(answer, path):
                    found.append(f"{method} {path} answers {answer.status_code}")

    assert found == []
    assert kept(victim) == before
    assert ("_auth_user_id" in client.session) == (stranger in (as_eve, as_clerk)), "Logged out on the way."


def test_every_kind_of_id_is_tried(victim: User) -> None:
    known = set(parts_of(victim)) | PUBLIC_PARTS
    elsewhere = {
        route.name: unknown
        for route in routes()
        if not route.path.startswith(STAFF_AREAS) and (unknown := set(route.parts) - known)
    }

    assert elsewhere == {}


def test_the_owner_has_all_of_it(victim: User) -> None:
    client, order = Client(), Order.objects.get()
    client.force_login(victim)

    assert client.get(f"/account/orders/{order.number}/").status_code == 302
    assert ADA["line1"] in client.get("/account/addresses/").content.decode()
    assert client.get(f"/api/v1/carts/{CartLine.objects.get().cart_id}/").status_code == 200
    assert order.number in client.get("/account/orders/").content.decode()


@pytest.mark.parametrize("as_whom", [as_eve, as_eves_program], ids=lambda whom: whom.__name__)
def test_what_is_somebody_elses_is_not_there_rather_than_forbidden(
    victim: User, as_whom: Callable[[User], Client]
) -> None:
    client, order = as_whom(victim), Order.objects.get()
    paths = (f"/api/v1/carts/{CartLine.objects.get().cart_id}/", f"/api/v1/orders/{order.id}/")

    assert [client.get(path).status_code for path in paths] == [404, 404]


def test_another_customers_pages_are_not_there_rather_than_forbidden(victim: User) -> None:
    client, order = as_eve(victim), Order.objects.get()
    paths = (f"/account/orders/{order.number}/", f"/account/addresses/{SavedAddress.objects.get().pk}/")

    assert [client.get(path).status_code for path in paths] == [404, 404]


def test_the_orders_number_is_no_key(victim: User) -> None:
    assert queries.own_order(victim.pk + 1, Order.objects.get().number) is None


def _methods(path: str) -> tuple[str, ...]:
    """Pages know of reading and sending, the API of more; at staff's door one knock is enough."""
    if path.startswith("/admin/"):
        return ("get",)
    return ("get", "post", "put", "delete") if path.startswith("/api/v1/") else ("get", "post")


def _refused(answer: Any, path: str) -> bool:
    if answer.status_code == 302:
        doors = ("/account/log-in/?", "/admin/login/?")
        # The admin leads staff who ask for what is not there to its other pages, which are tried themselves.
        led = str(answer["Location"])
        return led.startswith((*doors, "/admin/") if path.startswith("/admin/") else doors)
    allowed = {400, 404, 405, 410, 415}
    if path.startswith(STAFF_AREAS):
        allowed |= {401, 403}
    return answer.status_code in allowed
