"""The section `checkout`: shoppers who buy at full speed, and what becomes of their orders."""

from pathlib import Path
from typing import Any

from tests.benchmarks import surroundings
from tests.benchmarks.options import Options
from tests.benchmarks.rows import Aim, Row, at_least, at_most, percentile
from tests.benchmarks.shop.floor import AGENTS, CLIENTS, Floor, floor

SECTION = f"checkout: {CLIENTS} clients at full speed, through the services, beside workers and sandbox"
HOT = f"one article wanted by {CLIENTS} clients at once"
ORDERS, BUYERS, UNITS = 1_000, 4_000, 3_000
PLACED, CARRIED, STATEMENTS, RESERVED = 100, 40, 25, 200


def measure(options: Options, server: str, redis_url: str, logs: Path) -> dict[str, Any]:
    """Buy, wait for the last parcel, and have everybody want the same article; once per round."""
    with floor(server, redis_url, logs) as shop:
        _buy(shop, options.size(200))  # connections, plans and caches are warm from here on
        raw: dict[str, Any] = {"statements": shop.ask("statements"), "bought": [], "hot": [], "pace": []}
        for number in range(options.rounds):
            raw["pace"].append(surroundings.pace())
            raw["bought"].append(_buy(shop, options.size(ORDERS)))
            raw["hot"].append(_crowd(shop, f"HOT-{number}", options.size(BUYERS), options.size(UNITS)))
        return raw | {"books": shop.ask("books"), "ended": shop.ended()}


def _buy(shop: Floor, orders: int) -> dict[str, Any]:
    shop.ask_all("fill_carts", carts=orders // AGENTS)
    answers = shop.ask_all("buy", orders=orders // AGENTS)
    began, ended = _span(answers)
    shipped = shop.ask("wait_for_endings")
    durations = sorted(second for answer in answers for second in answer["durations"])
    return {
        "orders": len(durations),
        "placing_seconds": ended - began,
        "carrying_seconds": shipped - began,
        "request_seconds": [percentile(durations, share) for share in (50, 95, 99)],
        "carried_seconds": [percentile(shop.ask("carried", began=began), share) for share in (50, 95, 99)],
    }


def _crowd(shop: Floor, sku: str, buyers: int, units: int) -> dict[str, Any]:
    shop.ask("shelf", sku=sku, units=units)
    began, ended = _span(shop.ask_all("reserve", buyers=buyers // AGENTS, sku=sku))
    level = shop.ask("held", sku=sku)
    missed = abs(level["reserved"] - units) + abs(level["on_hand"] - units)
    return {"reservations": buyers // AGENTS * AGENTS, "seconds": ended - began, "missed": missed}


def _span(answers: list[dict[str, Any]]) -> tuple[float, float]:
    return min(answer["began"] for answer in answers), max(answer["ended"] for answer in answers)


def judge(raw: dict[str, Any]) -> list[Row]:
    """What was placed and carried per second, how long it took, and whether everything adds up."""
    bought, books = raw["bought"], raw["books"]
    rows = [
        _rate("orders placed/s", bought, "placing_seconds", at_least(PLACED)),
        _rate("orders carried through to shipped/s", bought, "carrying_seconds", at_least(CARRIED)),
        Row(SECTION, "the machine's pace before each round: a fixed loop, ms", raw["pace"], digits=0),
    ]
    for name, key, digits, unit in (
        ("one checkout: ms", "request_seconds", 0, 1000),
        ("placed → shipped behind all others: s", "carried_seconds", 1, 1),
    ):
        for place, share in enumerate((50, 95, 99)):
            values = [entry[key][place] * unit for entry in bought]
            rows.append(Row(SECTION, f"{name}, p{share}", values, digits=digits))
    inside = raw["statements"]
    rows += [
        Row(
            SECTION, "SQL statements inside POST /checkout/", [inside["request"]], [], 0, at_most(STATEMENTS)
        ),
        Row(SECTION, "of these in place_order", [inside["service"]], digits=0),
        Row(SECTION, "orders without an ending", [books["orders"] - books["ended"]], [], 0, at_most(0)),
        Row(SECTION, "orders that were not shipped", [books["orders"] - books["shipped"]], [], 0, at_most(0)),
        Row(SECTION, "counters, ledgers, history, money: wrong", [books["wrong"]], [], 0, at_most(0)),
    ]
    return [*rows, *_hot(raw["hot"])]


def _rate(name: str, bought: list[dict[str, Any]], seconds: str, aim: Aim) -> Row:
    return Row(SECTION, name, [entry["orders"] / entry[seconds] for entry in bought], digits=0, aim=aim)


def _hot(crowds: list[dict[str, Any]]) -> list[Row]:
    rates = [crowd["reservations"] / crowd["seconds"] for crowd in crowds]
    missed = [float(crowd["missed"]) for crowd in crowds]
    return [
        Row(HOT, "reservations asked for and answered/s", rates, digits=0, aim=at_least(RESERVED)),
        Row(HOT, "units sold too many or too few", missed, digits=0, aim=at_most(0)),
    ]
