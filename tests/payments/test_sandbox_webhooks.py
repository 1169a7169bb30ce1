"""The sandbox tells of what happens to a charge: signed, again until it is heard, doubled and shuffled."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.sandbox import Sandbox
from tests.payments.receiving import Shop, receiving

SECRET = "whsec_of_the_test"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with receiving() as shop:
        yield shop


@pytest.fixture
def telling(shop: Shop, tmp_path: Path) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path / "sandbox.sqlite3", webhooks=(shop.url, SECRET))
    yield running
    running.stop()


def authorise(sandbox: Sandbox, card: str) -> str:
    """The id of a charge."""
    charge = str(uuid4())
    sandbox.post("/v1/charges", id=charge, amount=1234, currency="GBP", card=card)
    return charge


def take(sandbox: Sandbox, card: str) -> str:
    """The id of a charge that was captured."""
    charge = authorise(sandbox, card)
    sandbox.post(f"/v1/charges/{charge}/capture", amount=1234, currency="GBP")
    return charge


def test_each_step_of_a_charge_is_told_once_in_order_and_signed(telling: Sandbox, shop: Shop) -> None:
    charge = take(telling, "tok_visa")
    telling.post(f"/v1/charges/{charge}/refunds", id="r1", amount=234, currency="GBP")
    telling.post(f"/v1/charges/{charge}/cancel")

    webhooks = shop.take(4)

    assert [webhook.event["type"] for webhook in webhooks] == [
        "charge.authorised",
        "charge.captured",
        "charge.refunded",
        "charge.cancelled",
    ]
    assert [webhook.event["charge"]["refunded"] for webhook in webhooks] == [0, 0, 234, 1234]
    assert webhooks[2].event["charge"]["refunds"] == [{"id": "r1", "amount": 234}]
    assert webhooks[3].event["charge"] == telling.get(f"/v1/charges/{charge}")["charge"]
    assert len({webhook.event["id"] for webhook in webhooks}) == 4
    assert all(webhook.is_signed_with(SECRET) and webhook.path == "/hook/" for webhook in webhooks)


@pytest.mark.parametrize("card", ["tok_declined", "tok_challenge", "tok_instant"])
def test_a_first_step_is_told_as_it_was(telling: Sandbox, shop: Shop, card: str) -> None:
    charge = authorise(telling, card)

    assert shop.next().event["charge"] == telling.get(f"/v1/charges/{charge}")["charge"]


def test_what_is_asked_twice_is_told_once(telling: Sandbox, shop: Shop) -> None:
    charge = take(telling, "tok_visa")
    for _ in range(2):
        telling.post(f"/v1/charges/{charge}/capture", amount=1234, currency="GBP")
        telling.post(f"/v1/charges/{charge}/cancel")

    assert [webhook.event["type"] for webhook in shop.take(3)][-1] == "charge.cancelled"
    telling.stop()
    telling.start()
    assert shop.came.empty()


def test_a_webhook_that_was_not_taken_comes_again(telling: Sandbox, shop: Shop) -> None:
    shop.answers[:] = [500, 404]

    authorise(telling, "tok_visa")

    assert len({webhook.body for webhook in shop.take(3)}) == 1


def test_a_webhook_outlives_the_process_that_noted_it(tmp_path: Path, shop: Shop) -> None:
    state = tmp_path / "sandbox.sqlite3"
    silent = Sandbox(state)
    charge = authorise(silent, "tok_visa")
    silent.stop()

    telling = Sandbox(state, webhooks=(shop.url, SECRET))
    webhook = shop.next()
    telling.stop()

    assert webhook.event["charge"]["id"] == charge


def test_noise_is_everything_twice_and_backwards(telling: Sandbox, shop: Shop) -> None:
    take(telling, "tok_noisy")

    webhooks = shop.take(4)

    assert [webhook.event["type"] for webhook in webhooks] == ["charge.captured"] * 2 + [
        "charge.authorised"
    ] * 2
    assert len({webhook.event["id"] for webhook in webhooks}) == 2


def test_a_memory_of_an_older_sandbox_is_taken_over(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite3"
    with sqlite3.connect(state) as old:
        old.execute(
            "CREATE TABLE charges (id TEXT PRIMARY KEY, reference TEXT NOT NULL, status TEXT NOT NULL,"
            " amount INTEGER NOT NULL, currency TEXT NOT NULL, card TEXT NOT NULL,"
            " captured INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0)"
        )
        old.execute("INSERT INTO charges VALUES ('c1', 'ch_1', 'captured', 500, 'GBP', 'tok_visa', 500, 0)")
    old.close()

    sandbox = Sandbox(state)
    cancelled: dict[str, Any] = sandbox.post("/v1/charges/c1/cancel")["charge"]
    sandbox.stop()

    assert (cancelled["status"], cancelled["captured"], cancelled["refunded"]) == ("cancelled", 500, 500)
