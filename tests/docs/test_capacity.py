"""docs/capacity.md: its costs are those of real orders, and its connector fits the table it reads."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from eventbus import drain
from eventbus.contracts.files import published_classes
from orders.events import OrderLine
from orders.services import place_order_on_account
from payments.money import Money
from tests.chaos.shelves import PLENTY, fill_shelves
from tests.docs.examples import blocks, text_of
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import Shopper

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = text_of("docs/capacity.md")
CONNECTOR: dict[str, str] = json.loads((DOCS / "debezium-outbox.json").read_text())["config"]
ROUTER = "transforms.outbox."


def told(what: str) -> int:
    """The number that a row of the page's table tells."""
    found = re.search(rf"^\| {re.escape(what)} \| ([\d,]+)", PAGE, re.MULTILINE)
    assert found, what
    return int(found[1].replace(",", ""))


def costs() -> tuple[int, int]:
    """How many messages the streams of orders have, and how many bytes they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(pg_column_size(m.*)), 0) FROM eventbus_message AS m "
            "WHERE stream LIKE 'order-%'"
        )
        count, size = cursor.fetchone()
    return count, int(size)


@pytest.fixture
def shelves(bus: None) -> None:
    fill_shelves()


@pytest.mark.usefixtures("shelves")
def test_an_order_by_card_costs_what_the_page_tells(sandbox: Sandbox) -> None:
    before, shopper = costs(), Shopper()
    shopper.pick(PLENTY[0])
    shopper.order()
    drain()

    count, size = (now - then for now, then in zip(costs(), before, strict=True))
    assert count == told("messages of an order by card, from placed to shipped")
    assert size == pytest.approx(told("an order's bytes in the log, by card"), rel=0.1)
    assert size / count == pytest.approx(told("a message's own bytes in the log, on average"), rel=0.1)


@pytest.mark.usefixtures("shelves")
def test_an_order_on_account_costs_what_the_page_tells() -> None:
    before = costs()
    line = OrderLine(sku=PLENTY[0], title="Plenty", quantity=1, unit_price=Money(1995, "GBP"))
    with transaction.atomic():
        place_order_on_account(
            order_id=uuid4(), customer_reference="17850", lines=[line], shipping=Money(0, "GBP")
        )
    drain()

    assert costs()[0] - before[0] == told("messages of an order on account")


def columns() -> dict[str, tuple[str, bool]]:
    """Type of each column of the log, and whether it may be empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, udt_name, is_nullable = 'YES' FROM information_schema.columns "
            "WHERE table_name = 'eventbus_message' AND table_schema = current_schema()"
        )
        return {name: (kind, empty) for name, kind, empty in cursor.fetchall()}


def measured(row: str) -> float:
    """The median that a row of the benchmarks tells."""
    found = re.search(rf"^\| {re.escape(row)} \| ([\d.,]+)", text_of("docs/benchmarks.md"), re.MULTILINE)
    assert found, row
    return float(found[1].replace(",", ""))


def test_what_one_machine_carries_is_what_was_measured() -> None:
    carried = measured("orders carried through to shipped/s")

    assert told("orders placed") == measured("orders placed/s")
    assert told("orders carried from placed to shipped") == carried
    assert f"some {round(carried * 3600, -4):,.0f} an hour" in PAGE
    assert told("CPU of an order by card, all of it") == round(2 / carried * 1000)
    statements = measured("SQL statements inside POST /checkout/")
    assert told("SQL statements inside `POST /checkout/`") == statements


def placements() -> Iterator[tuple[str, str, str]]:
    for placement in CONNECTOR[ROUTER + "table.fields.additional.placement"].split(","):
        column, place, alias = placement.split(":")
        yield column, place, alias


@pytest.mark.usefixtures("bus")
class TestTheConnector:
    def test_the_columns_it_reads_exist_with_types_that_the_router_can_read(self) -> None:
        """Documented: id, key, payload and route are columns; the route is a text, and neither is empty."""
        found = columns()
        wanted = {
            "table.field.event.id": ("uuid", False),
            "table.field.event.key": ("varchar", False),
            "table.field.event.payload": ("jsonb", False),
            "route.by.field": ("varchar", False),
        }
        assert {option: found[CONNECTOR[ROUTER + option]] for option in wanted} == wanted

    def test_every_header_is_a_column_and_no_column_is_forgotten(self) -> None:
        named = {column for column, _, _ in placements()}
        read = {CONNECTOR[ROUTER + f"table.field.event.{name}"] for name in ("id", "key", "payload")}
        left_out = {name.rpartition(".")[2] for name in CONNECTOR["column.exclude.list"].split(",")}

        assert {place for _, place, _ in placements()} == {"header"}
        assert named | read | left_out | {"shard"} == set(columns())

    def test_what_the_router_could_not_read_is_not_configured(self) -> None:
        """The router reads its timestamp as a 64-bit number and its schema version as a 32-bit one."""
        found = columns()
        assert (found["occurred_at"][0], found["version"][0], found["xid"][0]) == (
            "timestamptz",
            "int2",
            "xid8",
        )
        for option in ("table.field.event.timestamp", "table.field.event.schema.version"):
            assert ROUTER + option not in CONNECTOR

    def test_every_message_is_routed_to_its_rooms_topic(self) -> None:
        rule, topic = (CONNECTOR[ROUTER + f"route.topic.{name}"] for name in ("regex", "replacement"))
        names = [cls.contract.name for cls in published_classes()]
        routed = {re.sub(f"^{rule}$", topic.replace("$1", r"\1"), name) for name in names}

        rooms = {name.partition(".")[0] for name in names}
        assert routed == {f"shop.{room}" for room in rooms} >= {"shop.orders", "shop.payments"}

    def test_the_publication_speaks_for_all_partitions_as_one_table(self) -> None:
        (statement,) = blocks("docs/capacity.md", "sql")
        published = "SELECT tablename FROM pg_publication_tables WHERE pubname = %s"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL client_min_messages = error")  # it warns of wal_level
            cursor.execute(statement.code)
            tables = _rows(cursor, published, CONNECTOR["publication.name"])
            transaction.set_rollback(True)

        assert tables == [(CONNECTOR["table.include.list"].rpartition(".")[2],)]


def _rows(cursor: Any, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(statement, parameters)
    return list(cursor.fetchall())
