"""The rehearsal of a split: orders placed in the shop are paid by payments that are a process of their own.

Both ends of the bridge are killed while people shop, and so is the broker; in the end nothing is lost or
doubled, and the books of both databases agree.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from config.local.processes import free_port
from eventbus import drain
from tests.acceptance.clusters import find_programs
from tests.acceptance.processes import answers, eventually
from tests.acceptance.split.sides import PAYMENTS, SHOP, Shoppers, Sides, a_database, here, shopping
from tests.chaos.shelves import PLENTY, fill_shelves
from tests.docs.examples import blocks
from tests.eventbus.bridge.brokers import NO_RABBIT, Broker, PersistentRedis, RabbitMQ, rabbit_programs
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import Shopper

CARD, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000000000003220"
HOME, NOWHERE = "BS1-4DJ", "ZZ1-1ZZ"
CUSTOMERS = [(CARD, HOME), (CARD, HOME), (DECLINED, HOME), (CARD, NOWHERE)]

BOOKS = """
SELECT order_id, method, amount, state, captured, refunded, settles FROM payments_payment
WHERE NOT replaced ORDER BY order_id"""

CARRIED = """
SELECT stream, array_agg(id ORDER BY position) FROM eventbus_message
WHERE type = ANY(%s) GROUP BY stream ORDER BY stream"""


@pytest.fixture(params=["redis", "rabbit"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "rabbit" and rabbit_programs() is None:
        pytest.skip(NO_RABBIT)
    folder = tmp_path / request.param
    running: Broker = RabbitMQ(folder) if request.param == "rabbit" else PersistentRedis(folder)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def victims(broker: Broker) -> list[str]:
    """What is killed, one after the other; RabbitMQ takes long to come back, so that it suffers less."""
    long = ["shop bridge", "payments bridge", "broker", "both"]
    return long if isinstance(broker, PersistentRedis) else ["broker", "both"]


@pytest.fixture
def apart(bus: None, broker: Broker, sandbox: Sandbox, tmp_path: Path) -> Iterator[Sides]:
    """An empty database for payments beside the shop's, and nothing that runs."""
    fill_shelves()
    with a_database() as url:
        both = Sides(url, broker.url, sandbox.url, tmp_path / "processes.log")
        try:
            yield both
        finally:
            both.stop()


@pytest.fixture
def sides(apart: Sides) -> Sides:
    """Both sides at work."""
    apart.run(PAYMENTS, "migrate", "--verbosity", "0")
    apart.run(SHOP, "bridge", "--hand-over")
    apart.start_all()
    return apart


def orders() -> Counter[str]:
    """How many orders stand where."""
    return Counter(state for (state,) in here("SELECT state FROM orders_order"))


def ended(count: int) -> bool:
    return sum(number for state, number in orders().items() if state in ("shipped", "cancelled")) == count


def everything_has_arrived(sides: Sides) -> bool:
    """Whether nothing is on its way over the bridge any more."""
    from config.split.routes import ASKED, TOLD  # noqa: PLC0415

    ours, theirs = (here(CARRIED, ASKED), sides.over_there(CARRIED, TOLD))
    return sides.over_there(CARRIED, ASKED) == ours and here(CARRIED, TOLD) == theirs


def the_books_agree(sides: Sides) -> bool:
    return here(BOOKS) == sides.over_there(BOOKS)


def the_processor_was_paid(sides: Sides, sandbox: Sandbox) -> None:
    """Every order that is shipped was charged once and in full; of every other nothing is kept."""
    kept = {order: captured - refunded for order, _, _, _, captured, refunded, _ in sides.over_there(BOOKS)}
    due = here("SELECT id, CASE state WHEN 'shipped' THEN total_amount ELSE 0 END FROM orders_order")
    assert kept == dict(due)
    rows = sides.over_there("SELECT id, captured, refunded FROM payments_payment ORDER BY id")
    for payment_id, captured, refunded in rows:
        charge = sandbox.request("GET", f"/v1/charges/{payment_id}")
        told = charge.json()["charge"] if charge.is_success else {"captured": 0, "refunded": 0}
        assert (told["captured"], told["refunded"]) == (captured, refunded)


def test_what_the_shop_sells_is_paid_over_there_whatever_is_killed(
    sides: Sides, broker: Broker, sandbox: Sandbox, victims: list[str]
) -> None:
    random, placed = Random(5), 0
    with shopping(sides) as shop:
        for victim in victims:
            for _ in range(4):
                shop("order", *CUSTOMERS[placed % len(CUSTOMERS)])
                placed += 1
            time.sleep(random.uniform(0, 0.4))
            hurt(sides, broker, victim)
        eventually(lambda: ended(placed), sides.log)
        eventually(lambda: everything_has_arrived(sides), sides.log)
        another_card_pays(sides, shop)

    eventually(lambda: ended(placed + 1) and everything_has_arrived(sides), sides.log)
    assert orders() == {"shipped": placed // 2 + 1, "cancelled": placed // 2}
    assert the_books_agree(sides)
    the_processor_was_paid(sides, sandbox)
    assert here("SELECT count(*) FROM eventbus_delivery WHERE state = 'dead'") == [(0,)]
    assert sides.over_there("SELECT count(*) FROM eventbus_delivery WHERE state = 'dead'") == [(0,)]
    assert here("SELECT count(*) FROM eventbus_arrival WHERE state <> 'taken'") == [(0,)]
    assert sides.over_there("SELECT count(*) FROM eventbus_arrival WHERE state <> 'taken'") == [(0,)]


@pytest.mark.parametrize("broker", ["redis"], indirect=True)
def test_payments_alone_say_whether_they_are_well_and_what_they_have_counted(apart: Sides) -> None:
    apart.run(PAYMENTS, "migrate", "--verbosity", "0")
    address = f"127.0.0.1:{free_port()}"
    apart.open_payments(address)

    def ask(page: str) -> httpx.Response:
        return httpx.get(f"http://{address}/{page}", trust_env=False)

    eventually(lambda: answers(f"http://{address}/healthz"), apart.log)
    assert ask("healthz").text == "ok"
    assert ask("readyz").json() == {"status": "ok", "reasons": []}
    numbers = ask("metrics").text.splitlines()
    assert "eventbus_database_up 1.0" in numbers
    assert 'eventbus_lag_messages{subscription="payments.capture_payment"} 0.0' in numbers
    health = 'http_request_duration_seconds_count{code="200",method="GET",route="/healthz"}'
    assert [line for line in numbers if line.startswith(health)]
    assert not [line for line in numbers if "orders." in line or "shop_checkouts" in line]


@pytest.mark.parametrize("broker", ["redis"], indirect=True)
def test_one_shop_becomes_two_and_one_again_as_the_page_tells(apart: Sides, sandbox: Sandbox) -> None:
    programs = find_programs().directory
    _both_bridges, split, hand_over, back = (block.code for block in blocks("docs/split-out.md", "sh"))
    buy_here()
    apart.shell(split, programs)
    apart.shell(hand_over, programs)
    assert the_books_agree(apart)

    apart.start_all()
    with shopping(apart) as shop:
        shop("order", CARD, HOME)
        eventually(lambda: ended(2) and the_books_agree(apart), apart.log)
    apart.stop()
    assert (orders(), the_books_agree(apart)) == ({"shipped": 2}, True)

    apart.shell(back, programs)
    assert drain() == 0
    buy_here()
    assert orders() == {"shipped": 3}
    assert [row[3] for row in here(BOOKS)] == ["captured"] * 3
    assert len(apart.over_there(BOOKS)) == 2


def buy_here() -> None:
    """Somebody buys at the shop that is one."""
    shopper = Shopper()
    shopper.pick(PLENTY[0])
    shopper.order()
    drain()


def hurt(sides: Sides, broker: Broker, victim: str) -> None:
    """Kill it, and start it again."""
    if victim == "broker":
        broker.kill()
        broker.start()
        return
    names = ["shop bridge", "payments bridge"] if victim == "both" else [victim]
    for name in names:
        sides.kill(name)
    for name in names:
        sides.start(name)


def another_card_pays(sides: Sides, shop: Shoppers) -> None:
    """Somebody whose bank wants to see them comes back without having confirmed, and pays otherwise."""
    order_id, token = shop("order", CHALLENGED, HOME)
    where = "SELECT state, challenge_url <> '' FROM payments_payment WHERE order_id = %s AND NOT replaced"
    eventually(lambda: here(where, order_id) == [("challenged", True)], sides.log)
    assert shop("paid", token) == ["200"]
    assert shop("card", token, CARD) == ["200"]
    eventually(lambda: here(where, order_id) == [("captured", False)], sides.log)
    given_up = "SELECT state FROM payments_payment WHERE order_id = %s AND replaced"
    eventually(lambda: sides.over_there(given_up, order_id) == [("cancelled",)], sides.log)
