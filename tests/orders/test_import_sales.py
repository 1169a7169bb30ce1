"""Importing a sales file of our own: every bucket, every refusal, and every way to be stopped."""

import gzip
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.projections import CatalogListing
from catalog.queries import product_for_sale
from eventbus.testing import assert_rebuilds
from inventory import queries as inventory
from inventory.models import StockMovement
from orders.importing import SalesImportRun
from orders.models import Order, OrderHistoryRow, Return, SalesByDayRow, SalesImport
from orders.projections import OrderHistory, SalesByDay
from payments.queries import totals

pytestmark = pytest.mark.usefixtures("bus")

SALES = Path(__file__).with_name("sales.csv")
BUCKETS = {
    "sold": {"lines": 7, "quantity": 16, "amount": "51.49"},
    "shipping": {"lines": 2, "quantity": 2, "amount": "12.00"},
    "returned": {"lines": 2, "quantity": -5, "amount": "-14.00"},
    "corrected": {"lines": 3, "quantity": 3, "amount": "0.00"},
    "skipped": {"lines": 4, "quantity": 2, "amount": "11.501"},
}
REPORT: dict[str, Any] = {
    "buckets": BUCKETS,
    "skipped": {
        "a bad-debt adjustment": {"lines": 1, "quantity": 1, "amount": "11.50"},
        "a price with fractions of a penny": {"lines": 1, "quantity": 1, "amount": "0.001"},
        "malformed": {"lines": 2, "quantity": 0, "amount": "0.00"},
    },
    "malformed": [
        {"number": 14, "why": "quantity 'six' is not a whole number other than 0"},
        {"number": 19, "why": "3 fields instead of 8"},
    ],
    "orders": 5,
    "credit_notes": 1,
    "total": {"lines": 18, "quantity": 18, "amount": "60.991"},
}
INVARIANTS = (
    "every message has reached everybody who listens",
    "every order of the file has come to its end",
    "its orders cost what it says, to the penny",
    "its credit notes give back what it says, to the penny",
    "the money held for each order is its total",
    "every payment is what its ledger adds up to",
    "every shelf is what its ledger adds up to",
    "every order is what its own events add up to",
    "the sales of each day are what its orders add up to",
    "the catalogue offers what is free on the shelf",
    "every read model is what the log adds up to",
)
REPORT["invariants"] = dict.fromkeys(INVARIANTS, "holds")
ORDERS = {"100001": 22_60, "100002": 13_05, "100010": 8_00, "100011": 7_50, "100013": 12_34}
# 8, 7 and 3 pieces of the first three are the least with which no line finds the shelf empty.
SHELF = {"10001": 1, "10002": 0, "10003": 0, "10004": 5, "M": 0}
MESSAGES = 68


def imported(path: Path = SALES, **options: Any) -> dict[str, Any]:
    """The report of an import."""
    report = path.parent / "report.json" if path != SALES else None
    call_command("import_sales", path, report=report, **{"processes": 1} | options)
    return json.loads(report.read_text()) if report else {}


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """The file, where a report may be written beside it."""
    copy = tmp_path / "sales.csv"
    copy.write_bytes(SALES.read_bytes())
    return copy


def assert_imported() -> None:
    """The shop is as the file says, whatever happened on the way."""
    orders = Order.objects.order_by("number")
    assert dict(orders.values_list("number", "total_amount")) == ORDERS
    assert set(orders.values_list("state", flat=True)) == {"shipped"}
    stock = inventory.stock_of(SHELF)
    assert {sku: stock[sku].on_hand for sku in SHELF} == SHELF
    assert inventory.ledger_differences() == []
    money = totals()["GBP"]
    assert (money.captured.amount, money.refunded.amount, money.credited.amount) == (63_49, 0, 14_00)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM eventbus_message WHERE type <> 'inventory.stock_low'")
        assert cursor.fetchone() == (MESSAGES,)
    assert_rebuilds(OrderHistory, SalesByDay, CatalogListing)


def test_every_line_ends_in_one_bucket(sales: Path) -> None:
    assert imported(sales) == REPORT

    assert_imported()


def test_a_gzip_file_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(SALES.read_bytes()))

    assert imported(path) == REPORT


def test_history_happens_at_its_own_time() -> None:
    imported()

    days = SalesByDayRow.objects.order_by("day").values_list(
        "key", "orders", "units", "revenue_amount", "returns", "refunds_amount"
    )
    assert list(days) == [
        ("2011-03-01/GBP", 2, 12, 35_65, 1, 14_00),
        ("2011-03-02/GBP", 3, 4, 27_84, 0, 0),
    ]
    times = OrderHistoryRow.objects.order_by("number").values_list("placed_at", flat=True)
    assert [f"{at:%d %H:%M}" for at in times] == ["01 09:00", "01 09:05", "02 09:00", "02 10:00", "02 11:00"]
    assert {moment.year for moment in StockMovement.objects.values_list("made_at", flat=True)} == {2011}


def test_an_order_keeps_its_lines_its_customer_and_its_shipping() -> None:
    imported()

    order = Order.objects.get(number="100001").fold()
    assert (order.customer.name, order.customer.reference) == ("Customer 17001", "17001")
    assert [(line.sku, line.title, line.quantity, str(line.total)) for line in order.lines] == [
        ("10001", "BRASS BELL", 6, "£15.00"),
        ("10002", "PAPER LANTERN", 3, "£3.60"),
    ]
    assert (str(order.shipping), order.delivery, order.payment_method) == ("£4.00", "own", "account")
    assert Order.objects.get(number="100010").fold().lines == ()


def test_postage_is_credited_and_not_put_on_the_shelf() -> None:
    imported()

    note = Return.objects.get()
    assert (note.number, note.customer_reference, note.refund_amount) == ("C100004", "17001", 14_00)
    back = StockMovement.objects.filter(reference=note.id).values_list("item_id", "on_hand_change")
    assert list(back) == [("10001", 4)]


def test_lines_without_a_price_correct_the_stock() -> None:
    imported()

    corrections = StockMovement.objects.filter(kind="adjusted").order_by("id")
    assert list(corrections.values_list("item_id", "on_hand_change", "reason")) == [
        ("10002", -4, "damaged"),
        ("10003", -2, "gift"),
        ("10004", 5, "correction"),
    ]


def test_goods_are_offered_under_their_usual_name_and_price() -> None:
    imported()

    bell = product_for_sale("10001")
    assert bell is not None
    assert (bell.name, str(bell.price)) == ("BRASS BELL", "£2.50")
    assert [product_for_sale(sku) for sku in ("M", "POST", "10004", "PADS")] == [None] * 4


def test_a_file_that_is_imported_is_not_imported_again(
    sales: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(sales)
    capsys.readouterr()

    assert imported(sales) == REPORT

    assert "sales.csv is imported already; nothing to do." in capsys.readouterr().out
    assert_imported()


BELL = "sku = '10001'"
FIRST = "number = '100001'"
DEAD = """
INSERT INTO eventbus_delivery
    (subscription, message_id, stream, shard, due_at, state, attempts, outages, error)
VALUES ('orders.ship_order', 1, 'order-1', 0, now(), 'dead', 1, 0, '')"""


@pytest.mark.parametrize(
    ("number", "spoil", "against"),
    [
        (0, DEAD, "orders.ship_order could not take 1 messages; 1 streams wait for a decision."),
        (1, f"UPDATE orders_order SET state = 'confirmed' WHERE {FIRST}", "1 differ: 100001"),
        (2, f"UPDATE orders_order SET total_amount = 1 WHERE {FIRST}", "40.90, and the file says 63.49"),
        (3, "UPDATE orders_return SET refund_amount = 1", "0.01, and the file says 14.00"),
        (3, "DELETE FROM orders_return", "0 of 1 credit notes are in the shop"),
        (4, "UPDATE payments_payment SET captured = 1 WHERE amount = 2260", "order 100001 holds 1 of 2260"),
        (5, "UPDATE payments_payment SET captured = 1 WHERE amount = 2260", "1 differ: "),
        (6, f"UPDATE inventory_stockitem SET on_hand = 9 WHERE {BELL}", "1 differ: 10001: "),
        (7, f"UPDATE orders_order SET reason = 'none' WHERE {FIRST}", "reason is 'none', its events say ''"),
        (8, "UPDATE orders_salesbydayrow SET units = 0 WHERE units = 12", "(2, 0, 3565, 1, 1400) instead of"),
        (9, f"UPDATE catalog_listing SET available = 7 WHERE {BELL}", "1 differ: 10001 shows 7 instead of 1"),
        (10, "UPDATE orders_orderhistoryrow SET units = 0", "orders.order_history: 4 live rows differ"),
    ],
)
def test_an_invariant_that_is_broken_is_named(
    number: int, spoil: str, against: str, sales: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(sales)
    with connection.cursor() as cursor:
        cursor.execute(spoil)
    capsys.readouterr()

    with pytest.raises(CommandError, match=r"^\d of 11 invariants are broken\.$"):
        imported(sales)

    (line,) = (line for line in capsys.readouterr().out.split("\n") if INVARIANTS[number] in line)
    assert line.startswith("BROKEN  ")
    assert against in line


def test_the_same_invoices_in_another_file_are_refused(sales: Path) -> None:
    imported()
    sales.write_text(sales.read_text() + "100099,10001,BRASS BELL,1,2011-03-03T09:00:00,2.50,,France\n")

    with pytest.raises(CommandError, match=r"^Invoice 10\d{4} of .*sales.csv is in the shop already, from "):
        imported(sales)

    assert_imported()


def test_malformed_lines_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    imported()

    shown = capsys.readouterr().err
    assert "Line 14 is skipped: quantity 'six' is not a whole number other than 0." in shown
    assert "Line 19 is skipped: 3 fields instead of 8." in shown


@pytest.mark.parametrize(
    ("_case", "field", "value", "why"),
    [
        ("invoice", "100001", "no1", "invoice 'no1' is not a number, C and a number, or A and a number"),
        ("no code", ",10001,", ",,", "the stock code is missing, or it or the customer's number is too long"),
        ("no units", ",6,", ",0,", "quantity '0' is not a whole number other than 0"),
        ("price", "2.50", "NaN", "unit price 'NaN' is not a decimal number"),
        ("sum", ",2.50,", ",9999999999.99,", "6 times 9999999999.99 is more than an order can cost"),
        ("date", "2011-03-01T", "1/3/11 ", "invoice date '1/3/11 09:00:00' is not like 2010-12-01T08:26:00"),
        ("NUL", " BRASS", "\0", "it contains a NUL character"),
        ("bytes", " BRASS", "\udcff", "it is not UTF-8"),
    ],
)
def test_what_is_no_invoice_line_is_skipped(
    sales: Path, _case: str, field: str, value: str, why: str
) -> None:
    lines = SALES.read_text().splitlines()
    text = "\n".join([lines[0], lines[1].replace(field, value), lines[3]])
    sales.write_bytes(text.encode(errors="surrogateescape"))

    report = imported(sales)

    assert report["malformed"] == [{"number": 2, "why": why}]
    assert report["orders"] == 1


@pytest.mark.parametrize(
    ("_case", "name", "content", "sentence"),
    [
        ("no gzip", "s.csv.gz", SALES.read_bytes(), "is not a gzip file, although its name says so."),
        ("cut off", "s.csv.gz", gzip.compress(SALES.read_bytes())[:-40], "cannot be read: "),
        ("empty", "s.csv", b"", "is no sales file: its first line does not name the columns invoice, "),
        ("binary", "s.csv", bytes(range(256)) * 99, "is no sales file: its first line does not name the "),
        (
            "column",
            "s.csv",
            SALES.read_bytes().replace(b"unit_price", b"price", 1),
            "is no sales file: its first line does not name the column unit_price.",
        ),
        ("header", "s.csv", SALES.read_bytes().split(b"\n")[0], "has no line that can be imported."),
    ],
)
def test_a_file_that_cannot_be_read_imports_nothing(
    tmp_path: Path, _case: str, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CommandError, match=f"{name} {sentence}"):
        imported(path)

    assert not SalesImport.objects.exists()
    assert not Order.objects.exists()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere.csv cannot be read: No such file or directory\.$"):
        imported(tmp_path / "nowhere.csv")


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def at_statement(part: str, number: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something just before the statement with this part, the time of that number."""
    left = [number]

    def run(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        left[0] -= part in str(sql)
        if left[0] == 0:
            left[0] = -1
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(run):
        yield


def die() -> None:
    """Stop as a killed process does: whatever was not committed is gone."""
    raise Killed


@pytest.mark.parametrize(
    ("_case", "part", "number"),
    [
        ("reading", "SELECT", 1),
        ("opening the shop", 'INSERT INTO "catalog_product"', 1),
        ("between opening and the first chunk", "FOR UPDATE SKIP LOCKED", 30),
        ("inside the first chunk", 'INSERT INTO "orders_order"', 1),
        ("inside a later chunk", 'INSERT INTO "orders_return"', 1),
        ("before the progress is saved", 'UPDATE "orders_salesimport"', 2),
        ("reserving", "INSERT INTO inventory_reservation", 2),
        ("charging", "INSERT INTO payments_paymententry", 3),
        ("shipping", 'UPDATE "orders_order"', 6),
        ("folding", 'UPDATE "catalog_listing"', 2),
    ],
)
def test_an_import_that_was_killed_goes_on_without_doubling_anything(
    sales: Path, _case: str, part: str, number: int
) -> None:
    with pytest.raises(Killed), at_statement(part, number, die):
        imported(sales, chunk_size=2)

    assert imported(sales, chunk_size=2) == REPORT

    assert_imported()


def test_what_the_last_chunk_has_caused_is_delivered_after_a_kill(sales: Path) -> None:
    with pytest.raises(Killed), at_statement("INSERT INTO inventory_reservation", 2, die):
        imported(sales)
    assert SalesImport.objects.get().finished_at

    assert imported(sales) == REPORT

    assert_imported()


def test_an_import_that_died_between_chunks_goes_on(sales: Path) -> None:
    run = SalesImportRun(sales, chunk_size=2)
    run.prepare()
    chunk = next(run.steps())
    assert (chunk.first_line, chunk.next_line, run.figures.total.lines) == (0, 8, 6)

    assert imported(sales) == REPORT

    assert_imported()


def test_ctrl_c_finishes_the_chunk_and_says_how_to_go_on(sales: Path) -> None:
    with (
        pytest.raises(CommandError, match=r"^Stopped\. Run the same command again to go on") as stopped,
        at_statement('INSERT INTO "orders_order"', 1, lambda: signal.raise_signal(signal.SIGINT)),
    ):
        imported(sales, chunk_size=2)

    assert stopped.value.returncode == 130
    assert 0 < SalesImport.objects.get().next_line < 21
    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}
    assert imported(sales) == REPORT
    assert_imported()


@pytest.mark.parametrize("option", ["--limit-days", "--chunk-size"])
def test_a_number_of_nothing_is_refused(option: str) -> None:
    with pytest.raises(CommandError, match=f"{option}: '0' is not a whole number from 1"):
        call_command("import_sales", str(SALES), option, "0")


def test_an_import_may_stop_after_some_days_and_go_on_later(sales: Path) -> None:
    first = imported(sales, limit_days=1)

    assert (first["orders"], first["total"]["lines"]) == (2, 13)
    assert imported(sales) == REPORT
    assert_imported()
