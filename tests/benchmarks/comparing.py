"""Ours and the peers, in turn, round by round: quiet, then beside a transaction that sits idle, then quiet.

The quiet rounds stand on both sides of the idle ones, so that a machine that grows slower is not taken for a
system that suffers. Publishing is measured while no worker runs: what it costs the publisher.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.fleet import Contestant
from tests.benchmarks.options import Options

TRANSACTIONS = 600
BACKLOG = {
    "ours": 60_000,
    "celery_tasks": 5_000,
    "procrastinate_jobs": 3_000,
    "pgqueuer_jobs": 20_000,
    "eventsourcing_log": 6_000,
    "outbox_pattern": 6_000,
}
LATENCY_MESSAGES, PER_SECOND = 800, 200
# Postgres' counters are that late at most, of sessions that do nothing more.
STATISTICS_SECONDS = 11.0

Raw = dict[str, Any]
Measure = Callable[[Contestant], Any]


def compare(contestants: list[Contestant], options: Options) -> Raw:
    """Measure what the options ask for; returns section -> phase -> system -> one entry per round."""
    raw: Raw = {}
    if "publishing" in options.sections:
        raw["publishing"] = _compare("publishing", contestants, options, _publish(options))
    if {"delivery", "latency"} & set(options.sections):
        _start_workers(contestants, raw)
    if "delivery" in options.sections:
        raw["delivery"], raw["killed"] = _compare_delivery(contestants, options)
    if "latency" in options.sections:
        raw["latency"] = _compare("latency", contestants, options, _wait(options))
    return raw


def _publish(options: Options) -> Measure:
    transactions = options.size(TRANSACTIONS)
    return lambda each: each.call("business.publishing", transactions=transactions)


def _wait(options: Options) -> Measure:
    messages = options.size(LATENCY_MESSAGES)
    return lambda each: each.call("latency.latency", messages=messages, per_second=PER_SECOND)


def _deliver(options: Options) -> Measure:
    def deliver(each: Contestant) -> Raw | None:
        before = each.call("tables.weigh")
        delivered: Raw | None = each.call("effects.delivery", messages=options.size(BACKLOG[each.name]))
        after = each.call("tables.weigh")
        each.check_workers()
        if not before or not delivered or not after:
            return None
        return delivered | {"grown": after["bytes"] - before["bytes"]}

    return deliver


def _start_workers(contestants: list[Contestant], raw: Raw) -> None:
    """Start every worker, and let it work off what publishing has left behind; then all are warm."""
    for each in contestants:
        each.work()
    for each in contestants:
        phases = raw.get("publishing", {}).values()
        left = sum(entry["messages"] for phase in phases for entry in phase.get(each.name, []))
        each.call("effects.wait_for", messages=left)
        each.call("effects.delivery", messages=200)
        each.call("tables.tidy")


def _compare(section: str, contestants: list[Contestant], options: Options, measure: Measure) -> Raw:
    phases: Raw = {"quiet": {}, "idle": {}}
    for phase, rounds in _blocks(section, contestants, options):
        _measure(contestants, rounds, measure, phases[phase])
    return phases


def _compare_delivery(contestants: list[Contestant], options: Options) -> tuple[Raw, Raw]:
    """Delivery, and how many row versions it has killed in each block of rounds, per message."""
    phases: Raw = {"quiet": {}, "idle": {}}
    killed: Raw = {"quiet": {}, "idle": {}}
    for phase, rounds in _blocks("delivery", contestants, options):
        before = _killed(contestants, options)
        _measure(contestants, rounds, _deliver(options), phases[phase])
        after = _killed(contestants, options)
        for each in contestants:
            if each.name in after:
                messages = options.size(BACKLOG[each.name]) * len(rounds)
                killed[phase].setdefault(each.name, []).append(
                    (after[each.name] - before[each.name]) / messages
                )
    return phases, killed


def _killed(contestants: list[Contestant], options: Options) -> dict[str, int]:
    if not options.quick:
        time.sleep(STATISTICS_SECONDS)
    return {each.name: each.call("tables.weigh")["killed"] for each in contestants if not each.failure}


def _blocks(section: str, contestants: list[Contestant], options: Options) -> Generator[tuple[str, range]]:
    first = (options.rounds + 1) // 2
    print(f"{section} …", flush=True)
    yield "quiet", range(first)
    with _idle_transactions(contestants):
        print(f"{section}, beside an idle transaction …", flush=True)
        yield "idle", range(options.rounds)
    for each in contestants:
        each.call("tables.tidy")
    if options.rounds > first:
        yield "quiet", range(first, options.rounds)


def _measure(contestants: list[Contestant], rounds: range, measure: Measure, into: Raw) -> None:
    for number in rounds:
        turn = number % len(contestants)
        for each in contestants[turn:] + contestants[:turn]:
            result = measure(each)
            if result is not None:
                into.setdefault(each.name, []).append(result)


@contextmanager
def _idle_transactions(contestants: list[Contestant]) -> Generator[None]:
    """In every system's database a transaction that has written, published and not ended."""
    for each in contestants:
        each.call("holding.hold", publishes=each.entry.in_transaction)
    try:
        yield
    finally:
        for each in contestants:
            each.call("holding.release")
