"""Programs read what they have just written."""

from threading import Timer
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import get_resolver
from pytest_django import Settings

from catalog.models import Product
from config.api import waiting
from config.api.tokens import issue_token
from eventbus import drain, wait_until_seen
from eventbus.models import Message
from eventbus.subscriptions import subscription
from tests.api.client import Api, a_checkout
from tests.factories import UserFactory
from tests.orders.builders import an_article

PRICE = "/staff/products/MUG-RED/price/"
MUG = "/products/the-mug-red/"


@pytest.fixture
def staff(api: Api) -> Api:
    """A program that may do all, in a shop that sells mugs."""
    an_article("MUG-RED")
    drain()
    return Api(
        Authorization=f"Bearer {issue_token(user=UserFactory.create(superuser=True), name='x', days=1)}"
    )


def reprice(staff: Api, amount: int) -> str:
    return str(staff.put(PRICE, {"amount": amount, "currency": "GBP"}).headers["Message-Id"])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for longer than a moment."""
    monkeypatch.setattr(waiting, "MOST_SECONDS", 0.02)


def test_a_read_waits_for_what_was_written(staff: Api) -> None:
    message_id = reprice(staff, 777)
    worker = Timer(0.05, deliver)
    worker.start()

    answer = staff.get(MUG, wait_for=message_id)
    worker.join()

    assert (answer["price"]["amount"], answer.headers["Waited-For"]) == (777, "seen")


def deliver() -> None:
    drain()
    connection.close()


@pytest.mark.usefixtures("impatient")
def test_a_read_that_cannot_wait_longer_says_that_it_is_behind(staff: Api) -> None:
    before = staff.get(MUG)["price"]["amount"]

    answer = staff.get(MUG, wait_for=reprice(staff, 777))

    assert (answer.status, answer["price"]["amount"]) == (200, before)
    assert answer.headers["Waited-For"] == "behind"


def test_only_so_many_wait_at_once(staff: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST_SECONDS", 60)
    message_id = reprice(staff, 777)

    with waiting._places, waiting._places:
        answer = staff.get(MUG, wait_for=message_id)

    assert answer.headers["Waited-For"] == "behind"


@pytest.mark.parametrize(
    ("asked", "status", "said"), [(str(uuid4()), 200, "unknown"), ("soon", 422, None), ("", 422, None)]
)
def test_what_is_no_message_is_not_waited_for(staff: Api, asked: str, status: int, said: str | None) -> None:
    answer = staff.get("/products/", wait_for=asked)

    assert (answer.status, answer.headers.get("Waited-For")) == (status, said)


def test_an_answer_that_is_replayed_tells_the_same_message(api: Api) -> None:
    place = api.cart()

    first, second = (api.post(f"{place}/checkout/", a_checkout(), key="one") for _ in range(2))

    assert first.headers["Message-Id"] == second.headers["Message-Id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Message.objects.get(uuid=first.headers["Message-Id"]).type == "orders.order_placed"


def test_a_refusal_and_a_read_tell_of_no_message(staff: Api) -> None:
    refused = staff.put(PRICE, {"amount": -1, "currency": "GBP"})

    assert (refused.status, "Message-Id" in refused.headers) == (422, False)
    assert "Message-Id" not in staff.get(MUG).headers


def test_in_the_publishing_process_it_is_seen_at_once(staff: Api, settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "inline", "GUARD": True}

    message_id = reprice(staff, 777)

    assert wait_until_seen(message_id, "catalog.catalog_listing", seconds=0) == "seen"  # type: ignore[arg-type]
    assert staff.get(MUG)["price"]["amount"] == 777


def test_messages_say_for_whom_a_program_acts(staff: Api) -> None:
    message_id = reprice(staff, 777)

    (actor,) = Message.objects.filter(uuid=message_id).values_list("headers__actor", flat=True)

    assert actor == f"user-{UserFactory._meta.model.objects.get().pk}"
    assert Product.objects.get().price.amount == 777


def test_what_views_wait_for_is_there() -> None:
    views = get_resolver("config.api.urls").url_patterns
    rooms = [inner for view in views for inner in getattr(view, "url_patterns", [])]
    named = {name for view in rooms for name in getattr(view.callback.cls, "projections", ())}

    assert {subscription(name).queue for name in named} == {"projections"}
