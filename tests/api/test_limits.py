"""How many requests a client may make."""

import socket
from collections.abc import Iterator
from time import perf_counter, time
from typing import Any

import pytest
from django.conf import settings as shop
from django.core.cache import caches
from pytest_django import Settings

from config.api import limits
from orders.models import Cart, Order
from tests.api.client import Api, a_checkout
from tests.api.conftest import REDIS_URL

ELSEWHERE = "203.0.113.7"


@pytest.fixture
def three_a_day(settings: Settings) -> None:
    """Three requests of any kind."""
    settings.REST_FRAMEWORK = with_rates(every="3/day")


def with_rates(**rates: str) -> dict[str, Any]:
    usual: dict[str, Any] = shop.REST_FRAMEWORK
    return usual | {"DEFAULT_THROTTLE_RATES": usual["DEFAULT_THROTTLE_RATES"] | rates}


@pytest.mark.usefixtures("three_a_day")
def test_every_answer_says_how_much_is_left(api: Api) -> None:
    answers = [api.get("/categories/") for _ in range(3)]

    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["3"] * 3
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    assert all(0 < int(answer.headers["RateLimit-Reset"]) <= 86400 for answer in answers)


@pytest.mark.usefixtures("three_a_day")
def test_one_too_many_is_told_when_to_come_back(api: Api) -> None:
    for _ in range(3):
        api.post("/carts/")

    refused = api.post("/carts/")

    assert refused.refusal == (429, "throttled")
    assert int(refused.headers["Retry-After"]) == int(refused.headers["RateLimit-Reset"])
    assert Cart.objects.count() == 3


@pytest.mark.usefixtures("three_a_day")
def test_a_client_is_known_by_its_connection_and_not_by_what_it_says(api: Api) -> None:
    told = [api.get("/categories/", {"X-Forwarded-For": f"203.0.113.{n}"}).status for n in range(4)]
    other = api.client.get("/api/v1/categories/", REMOTE_ADDR=ELSEWHERE)

    assert (told, other.status_code) == ([200, 200, 200, 429], 200)


def test_checkouts_are_limited_more_strictly(api: Api, settings: Settings) -> None:
    settings.REST_FRAMEWORK = with_rates(payment="1/day")
    place = api.cart()

    api.post(f"{place}/checkout/", a_checkout(card_token=""))
    refused = api.post(f"{place}/checkout/", a_checkout())

    assert refused.refusal == (429, "throttled")
    assert refused.headers["RateLimit-Limit"] == "1"
    assert api.get("/categories/").status == 200
    assert not Order.objects.exists()


def test_other_cards_are_limited_as_checkouts_are(api: Api, settings: Settings) -> None:
    settings.REST_FRAMEWORK = with_rates(payment="2/day")
    place = api.order()

    told = [api.post(f"{place}/card/", {"card_token": "tok_visa"}).status for _ in range(2)]

    assert told == [409, 429]


def test_what_is_no_api_has_no_limits(api: Api) -> None:
    assert "RateLimit-Limit" not in api.client.get("/healthz")


@pytest.mark.usefixtures("three_a_day")
def test_all_processes_count_together(api: Api) -> None:
    for _ in range(2):
        api.get("/categories/")
    limits.counter.cache_clear()  # another process: it remembers nothing
    caches["limits"].clear()

    answers = [api.get("/categories/") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 429]


@pytest.fixture
def deaf_redis(settings: Settings) -> Iterator[None]:
    """A Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield
    limits.counter.cache_clear()


@pytest.mark.usefixtures("three_a_day", "deaf_redis")
def test_without_redis_each_process_counts_and_nobody_waits(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    before = perf_counter()
    answers = [api.get("/categories/").status for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert perf_counter() - before < 1
    assert len([line for line in caplog.messages if line == "limits_counted_alone"]) == 1


@pytest.mark.usefixtures("three_a_day", "deaf_redis")
def test_redis_is_asked_again_after_a_while(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAY_SECONDS", 0)

    api.get("/categories/")
    counted = limits.counter(settings.REDIS_URL)
    counted._redis = limits.counter(REDIS_URL)._redis
    answers = [api.get("/categories/").status for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert caches["limits"].get(f"every:127.0.0.1:{int(time() // 86400)}") == 1
