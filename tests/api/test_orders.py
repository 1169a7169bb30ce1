"""Orders over HTTP: for whoever has the token, and nobody else."""

from datetime import timedelta

import pytest

from eventbus.testing import drain
from orders import queries, services
from orders.models import Order
from tests.api.client import Api
from tests.orders.builders import a_shipped_order


@pytest.mark.parametrize("page", ["", "events/"])
def test_without_the_whole_token_there_is_no_order(api: Api, page: str) -> None:
    token = api.order().rpartition("/")[2]
    order_id = Order.objects.get().pk

    for guessed in (token[:-1], f"x{token[1:]}", str(order_id), order_id.hex):
        assert api.get(f"/orders/{guessed}/{page}").refusal == (404, "link_not_valid")


@pytest.mark.parametrize("act", ["cancel", "card", "returns"])
def test_without_the_whole_token_nothing_can_be_done(api: Api, act: str) -> None:
    place = api.order()
    body = {"reason": "Too late", "card_token": "tok_visa", "lines": [{"sku": "MUG-RED", "quantity": 1}]}

    assert api.post(f"{place[:-1]}/{act}/", body).refusal == (404, "link_not_valid")
    assert queries.order_state(Order.objects.get().pk).revision == 1


@pytest.mark.usefixtures("sandbox")
def test_an_orders_events_are_told_as_of_any_moment(api: Api) -> None:
    place = api.order()
    drain()
    whole = api.get(f"{place}/events/")
    placed, confirmed, shipped = whole["events"]

    then = api.get(f"{place}/events/", as_of=confirmed["at"])
    order_id = Order.objects.get().pk
    before = queries.order_story(order_id)[0].at - timedelta(microseconds=1)
    never = api.get(f"{place}/events/", as_of=before.isoformat())

    assert [placed["event"], confirmed["event"], shipped["event"]] == [
        "OrderPlaced",
        "OrderConfirmed",
        "OrderShipped",
    ]
    assert (whole["state"], then["state"], never["state"]) == ("shipped", "confirmed", None)
    assert (then["events"], never["events"]) == ([placed, confirmed], [])


def test_what_staff_wrote_is_not_told_to_the_shopper(api: Api) -> None:
    order_id = a_shipped_order()
    services.grant_refund(
        order_id=order_id, reason="a secret", granted_by="grace", amount=queries.order_state(order_id).total
    )
    token = services.order_token(order_id)

    told = [api.get(f"/orders/{token}/").body, api.get(f"/orders/{token}/events/").body]

    assert told[1]["events"][-1]["event"] == "RefundGranted"
    assert not any(word in str(told) for word in ("a secret", "grace"))


@pytest.mark.usefixtures("sandbox")
def test_an_order_is_called_off_before_it_leaves(api: Api) -> None:
    place = api.order()

    taken = api.post(f"{place}/cancel/", {"reason": "I have changed my mind"})
    cancelling = api.get(f"{place}/")
    drain()

    assert (taken.status, cancelling["cancelling"]) == (202, True)
    assert api.get(f"{place}/")["state"] == "cancelled"


@pytest.mark.usefixtures("sandbox")
def test_a_shipped_order_comes_back_instead(api: Api) -> None:
    place = api.order()
    drain()
    reason = "It arrived broken"

    refused = api.post(f"{place}/cancel/", {"reason": reason})
    taken = api.post(f"{place}/returns/", {"lines": [{"sku": "MUG-RED", "quantity": 1}], "reason": reason})
    too_many = api.post(f"{place}/returns/", {"lines": [{"sku": "MUG-RED", "quantity": 2}], "reason": reason})

    assert refused.refusal == (409, "already_shipped")
    assert taken.status == 201
    assert [(each["id"], each["state"]) for each in api.get(f"{place}/")["returns"]] == [
        (taken["id"], "requested")
    ]
    assert too_many.refusal == (422, "more_than_shipped")


@pytest.mark.usefixtures("sandbox")
def test_another_card_is_tried_while_the_bank_waits(api: Api) -> None:
    place = api.order(card_token="tok_challenge")
    drain()
    waiting = api.get(f"{place}/")["choices"]

    taken = api.post(f"{place}/card/", {"card_token": "tok_visa"})
    drain()

    assert waiting["challenge_url"].startswith("http://127.0.0.1:")
    assert (taken.status, api.get(f"{place}/")["state"]) == (202, "shipped")


def test_a_card_is_refused_where_none_is_waited_for(api: Api) -> None:
    refused = api.post(f"{api.order()}/card/", {"card_token": "tok_visa"})

    assert refused.refusal == (409, "not_waiting_for_money")
