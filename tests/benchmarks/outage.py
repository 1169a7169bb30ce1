"""The section `outage`: the broker is stopped for a minute, while shoppers go on placing orders."""

import time
from pathlib import Path
from typing import Any

from config.local.services import Services
from config.local.state import State
from tests.benchmarks.options import Options
from tests.benchmarks.rows import Row, at_least, at_most, percentile
from tests.benchmarks.shop.floor import CLIENTS, Floor, floor
from tests.chaos.servers import PrivateRedis

SECTION = f"outage: Redis stopped for a minute while {CLIENTS} clients place orders"
BEFORE_SECONDS, AWAY_SECONDS, QUICK_SECONDS = 15.0, 60.0, 2.0
SAME = 0.90


def measure(options: Options, server: str, logs: Path) -> dict[str, Any]:
    """Place orders while Redis is there, while it is stopped, and wait until it has all been made up for."""
    before = QUICK_SECONDS if options.quick else BEFORE_SECONDS
    away = QUICK_SECONDS if options.quick else AWAY_SECONDS
    services = Services(State(logs / "outage"))
    try:
        redis = PrivateRedis(services)
        with floor(server, redis.url, logs) as shop:
            _place(shop, QUICK_SECONDS)  # connections, plans and caches are warm from here on
            shop.ask("wait_for_endings")
            raw = {"before": _place(shop, before)}
            shop.ask("wait_for_endings")
            redis.stop()
            raw["away"] = _place(shop, away)
            raw["open"] = shop.ask("open_orders")
            redis.start()
            back = time.time()
            raw["seconds_to_catch_up"] = shop.ask("wait_for_endings") - back
            return raw | {"books": shop.ask("books"), "ended": shop.ended()}
    finally:
        services.wipe()


def _place(shop: Floor, seconds: float) -> dict[str, Any]:
    answers = shop.ask_all("buy_until", seconds=seconds)
    durations = sorted(second for answer in answers for second in answer["durations"])
    return {"orders": len(durations), "seconds": seconds, "p99": percentile(durations, 99)}


def judge(raw: dict[str, Any]) -> list[Row]:
    """How fast orders were placed without a broker, and whether any was lost."""
    before, away, books = raw["before"], raw["away"], raw["books"]
    rates = [each["orders"] / each["seconds"] for each in (before, away)]
    return [
        Row(SECTION, "orders placed/s before", [rates[0]], digits=0),
        Row(SECTION, "orders placed/s while it is away", [rates[1]], digits=0),
        Row(SECTION, "while it is away ÷ before", [rates[1] / rates[0]], aim=at_least(SAME)),
        Row(SECTION, "one shopper's cart and order, p99, before: ms", [before["p99"] * 1000], digits=0),
        Row(SECTION, "one shopper's cart and order, p99, away: ms", [away["p99"] * 1000], digits=0),
        Row(SECTION, "orders that wait when it comes back", [raw["open"]], digits=0),
        Row(SECTION, "seconds until the last of them is shipped", [raw["seconds_to_catch_up"]], digits=0),
        Row(SECTION, "orders without an ending", [books["orders"] - books["ended"]], [], 0, at_most(0)),
        Row(SECTION, "orders that were not shipped", [books["orders"] - books["shipped"]], [], 0, at_most(0)),
        Row(SECTION, "counters, ledgers, history, money: wrong", [books["wrong"]], [], 0, at_most(0)),
    ]
