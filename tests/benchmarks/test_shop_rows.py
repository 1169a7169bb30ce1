"""The rows of the sections that run the shop itself."""

from typing import Any

import pytest

from tests.benchmarks import browsing, checkout, importing, outage
from tests.benchmarks.rows import Row

BOOKS = {"orders": 900, "ended": 900, "shipped": 900, "wrong": 0}
BOUGHT = {
    "orders": 400,
    "placing_seconds": 4.0,
    "carrying_seconds": 8.0,
    "request_seconds": [0.1, 0.2, 0.3],
    "carried_seconds": [2.0, 3.0, 4.0],
}
CROWD = {"reservations": 400, "seconds": 2.0, "missed": 0}
SHOP = {
    "bought": [BOUGHT],
    "hot": [CROWD],
    "pace": [80.0],
    "statements": {"request": 25, "service": 20},
    "books": BOOKS,
}
OUTAGE = {
    "before": {"orders": 100, "seconds": 10.0, "p99": 0.5},
    "away": {"orders": 540, "seconds": 60.0, "p99": 0.4},
    "open": 540,
    "seconds_to_catch_up": 12.0,
    "books": BOOKS,
}
SHELVES = {
    "products": 100_000,
    "seconds": {"listing": {"everything": [0.01] * 95 + [0.05] * 5}, "other": {"the front door": [0.2]}},
    "quick": False,
}
YEAR = {
    "seconds": 600.0,
    "cpu_seconds": 300.0,
    "orders": 19_959,
    "credit_notes": 3_836,
    "megabytes": [90.0, 100.0, 100.0, 110.0],
    "invariants": 11,
    "broken": [],
    "quick": False,
}


def verdicts(rows: list[Row]) -> dict[str, bool]:
    """Whether each aim is met, by the row's name."""
    return {row.name: row.met for row in rows if row.met is not None}


def test_numbers_on_their_aims_meet_them() -> None:
    assert set(verdicts(checkout.judge(SHOP)).values()) == {True}
    assert set(verdicts(outage.judge(OUTAGE)).values()) == {True}
    assert verdicts(browsing.judge(SHELVES)) == {"listing requests, p95": True}
    assert set(verdicts(importing.judge(YEAR)).values()) == {True}


@pytest.mark.parametrize(
    ("section", "raw", "missed"),
    [
        (checkout, SHOP | {"bought": [BOUGHT | {"placing_seconds": 4.1}]}, "orders placed/s"),
        (
            browsing,
            SHELVES | {"seconds": {"listing": {"everything": [0.01] * 95 + [0.06] * 5}, "other": {}}},
            "listing requests, p95",
        ),
        (
            checkout,
            SHOP | {"bought": [BOUGHT | {"carrying_seconds": 10.1}]},
            "orders carried through to shipped/s",
        ),
        (
            checkout,
            SHOP | {"statements": {"request": 26, "service": 20}},
            "SQL statements inside POST /checkout/",
        ),
        (checkout, SHOP | {"books": BOOKS | {"ended": 899}}, "orders without an ending"),
        (checkout, SHOP | {"books": BOOKS | {"shipped": 899}}, "orders that were not shipped"),
        (checkout, SHOP | {"books": BOOKS | {"wrong": 1}}, "counters, ledgers, history, money: wrong"),
        (checkout, SHOP | {"hot": [CROWD | {"seconds": 2.1}]}, "reservations asked for and answered/s"),
        (checkout, SHOP | {"hot": [CROWD | {"missed": 1}]}, "units sold too many or too few"),
        (outage, OUTAGE | {"away": OUTAGE["away"] | {"orders": 539}}, "while it is away ÷ before"),  # type: ignore[operator]
        (outage, OUTAGE | {"books": BOOKS | {"ended": 899}}, "orders without an ending"),
        (importing, YEAR | {"seconds": 601.0}, "minutes for 19,959 orders, 3,836 credit notes"),
        (
            importing,
            YEAR | {"megabytes": [90.0, 100.0, 100.0, 111.0]},
            "memory, last quarter ÷ second: flat?",
        ),
        (importing, YEAR | {"broken": ["a"]}, "broken, of 11 invariants"),
    ],
)
def test_what_is_worse_misses_its_aim(section: Any, raw: dict[str, Any], missed: str) -> None:
    assert [name for name, met in verdicts(section.judge(raw)).items() if not met] == [missed]


def test_a_broken_invariant_is_named() -> None:
    assert importing.judge(YEAR | {"broken": ["a", "b"]})[-1].note == "broken: a; b"


def test_without_the_file_the_section_says_so() -> None:
    (row,) = importing.judge(None)

    assert (row.values, row.note) == ([], "left out: the file of sales is not here")
