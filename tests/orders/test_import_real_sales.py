"""Importing what a real shop sold, compared with figures that others have summed up.

Skipped where the data set is not there: "Online Retail" of the UCI Machine Learning Repository (CC BY 4.0).
"""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from catalog.projections import CatalogListing
from eventbus.testing import assert_rebuilds
from inventory import queries as inventory
from orders.importing.buckets import Figures, bucket_of
from orders.importing.lines import read_lines
from orders.importing.survey import index, take_stock
from orders.models import Order, Return, SalesByDayRow
from orders.projections import OrderHistory, SalesByDay
from payments.queries import ledger_differences, totals

ORDERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "orders"
SALES = ORDERS / "online_retail.csv.gz"
FIRST_DAYS = 2

pytestmark = pytest.mark.skipif(
    not SALES.exists(), reason=f"the real sales are not there: {SALES} (the small file of our own is tested)"
)


def rows(name: str) -> Iterator[dict[str, str]]:
    """A file of figures summed up from the sales."""
    content = (ORDERS / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    yield from csv.DictReader(text.splitlines())


@pytest.fixture
def first_days(tmp_path: Path) -> Path:
    """The sales of the first trading days."""
    days = [row["day"] for row in rows("online_retail_by_day.csv")][:FIRST_DAYS]
    with gzip.open(SALES, "rt", encoding="utf-8") as text:
        lines = [
            line for line in text if line.startswith("invoice,") or any(f",{day}T" in line for day in days)
        ]
    path = tmp_path / "sales.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.usefixtures("bus")
def test_the_first_days_arrive_to_the_penny(first_days: Path) -> None:
    report = first_days.parent / "report.json"

    call_command("import_sales", first_days, report=report)

    days = list(rows("online_retail_by_day.csv"))[:FIRST_DAYS]
    told = json.loads(report.read_text())
    assert_days(told, days)
    assert_shop(days)
    assert_rebuilds(OrderHistory, SalesByDay, CatalogListing)


def assert_days(told: dict[str, Any], days: list[dict[str, str]]) -> None:
    """The report says what the figures of the days say."""
    buckets = told["buckets"]
    sales, returns = summed(buckets["sold"], buckets["shipping"]), summed(buckets["returned"])
    assert sales == expected(days, "sale_lines", "sale_units", "sale_amount")
    assert returns == expected(days, "cancel_lines", "cancel_units", "cancel_amount")
    assert buckets["corrected"]["lines"] == sum(int(day["zero_price_lines"]) for day in days)
    assert buckets["corrected"]["quantity"] == sum(int(day["zero_price_units"]) for day in days)
    assert told["orders"] == sum(int(day["sale_invoices"]) for day in days)
    assert told["credit_notes"] == sum(int(day["cancel_invoices"]) for day in days)


def summed(*tallies: dict[str, Any]) -> tuple[int, int, Decimal]:
    """Lines, units and amount of some buckets together."""
    lines, units = (sum(tally[name] for tally in tallies) for name in ("lines", "quantity"))
    return lines, units, sum((Decimal(tally["amount"]) for tally in tallies), Decimal())


def expected(days: list[dict[str, str]], lines: str, units: str, amount: str) -> tuple[int, int, Decimal]:
    """The same from the figures of the days."""
    counts = [sum(int(day[column]) for day in days) for column in (lines, units)]
    return counts[0], counts[1], sum((Decimal(day[amount]) for day in days), Decimal())


def assert_shop(days: list[dict[str, str]]) -> None:
    """Every order is shipped and paid, every counter equals its ledger, and the days sold what they sold."""
    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}
    assert Return.objects.count() == sum(int(day["cancel_invoices"]) for day in days)
    assert inventory.ledger_differences() == []
    assert ledger_differences() == []
    money = totals()["GBP"]
    assert money.captured.decimal == sum((Decimal(day["sale_amount"]) for day in days), Decimal())
    assert -money.credited.decimal == sum((Decimal(day["cancel_amount"]) for day in days), Decimal())
    revenue = SalesByDayRow.objects.order_by("day").values_list("day", "orders", "revenue_amount")
    assert list(revenue) == [
        (date.fromisoformat(day["day"]), int(day["sale_invoices"]), int(Decimal(day["sale_amount"]) * 100))
        for day in days
    ]


def test_every_line_of_the_year_has_its_bucket() -> None:
    figures = Figures()
    for line in read_lines(SALES):
        figures.count(line, *bucket_of(line))

    report = figures.report()
    assert report["total"] == {"lines": 541_909, "quantity": 5_176_450, "amount": "9747747.934"}
    assert report["buckets"] == {
        "sold": {"lines": 528_126, "quantity": 5_584_373, "amount": "10364220.83"},
        "shipping": {"lines": 1_973, "quantity": 3_998, "amount": "291401.65"},
        "returned": {"lines": 9_288, "quantity": -277_574, "amount": "-896812.49"},
        "corrected": {"lines": 2_515, "quantity": -134_354, "amount": "0.00"},
        "skipped": {"lines": 7, "quantity": 7, "amount": "-11062.056"},
    }
    assert report["skipped"] == {
        "a bad-debt adjustment": {"lines": 3, "quantity": 3, "amount": "-11062.06"},
        "a price with fractions of a penny": {"lines": 4, "quantity": 4, "amount": "0.004"},
    }
    assert report["malformed"] == []


def test_articles_get_their_usual_name_and_price() -> None:
    stock = take_stock(SALES, index(SALES).last_lines)

    # Sales at less than a penny are skipped, and postage is no article.
    known = {
        row["stock_code"]: row for row in rows("online_retail_products.csv.gz") if row["sale_lines"] != "0"
    }
    assert {sku: (article.name, article.price) for sku, article in stock.articles.items()} == {
        sku: (row["description"], Decimal(row["price_mode"]))
        for sku, row in known.items()
        if sku not in ("POST", "DOT", "C2", "PADS")
    }
