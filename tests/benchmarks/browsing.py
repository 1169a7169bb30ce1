"""The section `browsing`: how long shoppers wait for the shelves of a hundred thousand products."""

from pathlib import Path
from typing import Any

from tests.benchmarks import databases
from tests.benchmarks.options import Options
from tests.benchmarks.processes import Agent
from tests.benchmarks.rows import Row, at_most, percentile

SECTION = "browsing: milliseconds a page takes, of {:,} products"
SHELVES = "tests.benchmarks.shop.shelves"
PRODUCTS, VISITS = 100_000, 40
AIM_MS = 50


def measure(options: Options, server: str, redis_url: str, logs: Path) -> dict[str, Any]:
    """Fill a database of its own, and ask for every kind of page, each time with other words and filters."""
    address = databases.create(server, "browsing")
    environment = {
        "DATABASE_URL": address,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.shop.settings",
        "EVENTBUS_DISPATCH": "manual",
        "SHOP_STATE": str(logs),
    }
    agent = Agent(environment, logs / "browsing.log")
    products = options.size(PRODUCTS)
    try:
        agent.call(f"{SHELVES}.stock_shelves", products=products)
        seconds = agent.call(f"{SHELVES}.browse", visits=options.size(VISITS * options.rounds))
    finally:
        agent.stop()
        databases.drop(server, address)
    return {"products": products, "seconds": seconds, "quick": options.quick}


def judge(raw: dict[str, Any]) -> list[Row]:
    """All listing requests together have the aim; each kind has its row, and so have other pages."""
    section = SECTION.format(raw["products"])
    listing = sorted(second for kind in raw["seconds"]["listing"].values() for second in kind)
    aim = None if raw["quick"] else at_most(AIM_MS)
    kinds = {**raw["seconds"]["listing"], **raw["seconds"]["other"]}
    return [
        Row(section, "listing requests, p50", [1000 * percentile(listing, 50)], digits=1),
        Row(section, "listing requests, p95", [1000 * percentile(listing, 95)], digits=1, aim=aim),
        *(
            Row(section, f"{kind}, p95", [1000 * percentile(sorted(all_), 95)], digits=1)
            for kind, all_ in kinds.items()
        ),
    ]
