"""Which rows the raw numbers make."""

from functools import partial

from tests.benchmarks import ageing, browsing, checkout, importing, limits, memory, outage
from tests.benchmarks.rows import (
    Measured,
    Raw,
    Row,
    at_least,
    at_most,
    best,
    held,
    per_system,
    percentile,
    ratios,
)

PUBLISHING = "publishing: a business transaction with one message ÷ without"
ADDED = "publishing: microseconds that one message adds"
DELIVERY = "delivery: messages/s of a backlog, one upsert each"
GROWTH = "growth of the system's tables, bytes per message delivered"
KILLED = "dead row versions per message delivered"
LATENCY = "latency: commit → row visible at 200/s, ms, p{}"


def publishing(measured: Measured) -> list[Row]:
    """What a message costs the transaction that publishes it."""
    rows = per_system(PUBLISHING, measured, _cost, digits=2, aim=at_most(1.20))
    ours = rows[0]
    if cheapest := best(rows[1:], lowest=True):
        name = f"{ours.name} ÷ {cheapest.name}, the cheapest"
        both = ratios(ours.values, cheapest.values), ratios(ours.idle, cheapest.idle)
        rows.append(Row(PUBLISHING, name, *both, aim=at_most(1.0)))
    rows.append(held(ours, at_most(1.10)))
    return rows + per_system(ADDED, measured, _added, digits=0)


def _cost(entry: Raw) -> float:
    return float(entry["publishing"] / entry["alone"])


def _added(entry: Raw) -> float:
    return float(entry["publishing"] - entry["alone"]) * 1e6


def delivery(measured: Measured) -> list[Row]:
    """How fast a backlog is worked off, and what it and its delivery leave in the tables."""
    rows = per_system(DELIVERY, measured, lambda entry: entry["messages"] / entry["seconds"], digits=0)
    ours, peers = rows[0], rows[1:]
    if celery := best((row for row in peers if row.name.startswith("Celery")), lowest=False):
        rows.append(_times(ours, celery, "", 30))
    if fastest := best(peers, lowest=False):
        rows.append(_times(ours, fastest, ", the fastest", 2))
    rows.append(held(ours, at_least(0.90)))
    return rows + per_system(GROWTH, measured, lambda entry: entry["grown"] / entry["published"], digits=0)


def killed(measured: Measured) -> list[Row]:
    """The dead rows that vacuum has to clear away, or cannot while a transaction sits idle."""
    return per_system(KILLED, measured, float, digits=2)


def _times(ours: Row, theirs: Row, what: str, factor: float) -> Row:
    name = f"{ours.name} ÷ {theirs.name}{what}"
    both = ratios(ours.values, theirs.values), ratios(ours.idle, theirs.idle)
    return Row(ours.section, name, *both, digits=1, aim=at_least(factor))


def latency(measured: Measured) -> list[Row]:
    """How long after the commit an effect can be seen."""
    rows: list[Row] = []
    for share, limit in ((50, 10), (99, 50)):
        value = partial(percentile, share=share)
        shared = per_system(LATENCY.format(share), measured, value, digits=1, aim=at_most(limit))
        rows += [*shared, held(shared[0], at_most(1.10))]
    return rows


COMPARED = {"publishing": publishing, "delivery": delivery, "killed": killed, "latency": latency}
ALONE = {
    "limits": limits.judge,
    "memory": memory.judge,
    "long-life": ageing.judge,
    "checkout": checkout.judge,
    "outage": outage.judge,
    "browsing": browsing.judge,
    "import": importing.judge,
}


def judge(raw: Raw) -> list[Row]:
    """Every row that the raw numbers of a run make."""
    rows: list[Row] = []
    for name, compared in COMPARED.items():
        if name in raw:
            rows += compared(Measured(raw[name], raw["titles"], raw["failures"]))
    for name, alone in ALONE.items():
        if name in raw:
            rows += alone(raw[name])
    return rows
