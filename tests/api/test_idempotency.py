"""Idempotency-Key: a POST that arrives twice happens once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from config.api import tasks
from config.api.models import IdempotentAnswer
from orders.models import Cart, CartLine, Order
from tests.api.client import Answer, Api, a_checkout

MUG = {"sku": "MUG-RED", "quantity": 1}


def test_the_same_request_happens_once_and_is_answered_alike(api: Api) -> None:
    first, second = (api.post("/carts/", key="one") for _ in range(2))

    assert (first.status, first.body) == (second.status, second.body)
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, second)] == [None, "true"]
    assert [second.headers[name] for name in ("ETag", "Location", "Content-Type")] == [
        first.headers[name] for name in ("ETag", "Location", "Content-Type")
    ]
    assert Cart.objects.count() == 1


def test_pieces_are_added_once(api: Api) -> None:
    place = api.cart(quantity=1)

    for _ in range(2):
        api.post(f"{place}/lines/", MUG, key="one")

    assert CartLine.objects.get().quantity == 2


def test_a_key_with_another_request_is_refused(api: Api) -> None:
    place = api.cart(quantity=1)
    api.post(f"{place}/lines/", MUG, key="one")

    refused = api.post(f"{place}/lines/", {**MUG, "quantity": 2}, key="one")

    assert refused.refusal == (422, "idempotency_key_reused")
    assert CartLine.objects.get().quantity == 2


def test_the_same_key_at_another_address_is_another(api: Api) -> None:
    place = api.cart(quantity=1)

    assert api.post("/carts/", key="one").status == 201
    assert api.post(f"{place}/lines/", MUG, key="one").status == 200


def test_a_refusal_is_not_kept(api: Api) -> None:
    place = api.cart()
    wrong = api.post(f"{place}/checkout/", a_checkout(card_token=""), key="one")

    right = api.post(f"{place}/checkout/", a_checkout(), key="one")

    assert wrong.refusal == (422, "invalid_fields")
    assert right.status == 202


@pytest.mark.parametrize("key", ["", "k" * 256, "Schlüssel".encode().decode("latin-1")])
def test_not_every_key_can_be_kept(api: Api, key: str) -> None:
    refused = api.send("POST", "/carts/", Idempotency_Key=key)

    assert refused.refusal == (400, "idempotency_key_invalid")
    assert not Cart.objects.exists()


@pytest.mark.parametrize("act", ["cancel", "card", "returns"])
def test_an_order_is_touched_by_no_post_without_a_key(api: Api, act: str) -> None:
    refused = api.post(f"{api.order()}/{act}/", {}, key=None)

    assert refused.refusal == (400, "idempotency_key_required")


def test_nothing_is_ordered_without_a_key(api: Api) -> None:
    refused = api.post(f"{api.cart()}/checkout/", a_checkout(), key=None)

    assert refused.refusal == (400, "idempotency_key_required")
    assert not Order.objects.exists()


def test_an_effect_that_is_lost_takes_its_answer_along(api: Api) -> None:
    with transaction.atomic():
        api.post("/carts/", key="one")
        transaction.set_rollback(True)

    assert not Cart.objects.exists()
    assert not IdempotentAnswer.objects.exists()


def test_a_request_that_is_under_way_is_not_waited_for(api: Api) -> None:
    answered, looked = Event(), Event()
    first = api.post

    def hold() -> Answer:
        try:
            with transaction.atomic():
                answer = first("/carts/", key="one")
                answered.set()
                assert looked.wait(30)
            return answer
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert answered.wait(30)
        meanwhile = Api().post("/carts/", key="one")
        looked.set()
        kept = holding.result(30)

    assert meanwhile.refusal == (409, "request_in_progress")
    assert Api().post("/carts/", key="one").body == kept.body
    assert Cart.objects.count() == 1


def test_answers_are_forgotten_after_a_day(api: Api) -> None:
    for key in ("old", "new"):
        api.post("/carts/", key=key)
    old = IdempotentAnswer.objects.filter(key="old")
    old.update(answered_at=old.get().answered_at - tasks.KEPT_FOR)

    tasks.forget_answers()

    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new"]
