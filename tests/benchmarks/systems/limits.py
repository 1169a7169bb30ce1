"""The bus beside what can be written by hand for one purpose only. Each call is one round of both."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec
import psycopg

from eventbus.log import Progress, Selection, read, visible_now
from eventbus.rebuilding import rebuild
from eventbus.snapshots import NOTHING
from eventbus.sql import ENVELOPE
from tests.benchmarks.events import Tallied
from tests.benchmarks.projections import Tallies
from tests.benchmarks.systems import logs, ours
from tests.benchmarks.systems.contract import counts

BATCH = 5_000
RAW = f"SELECT {ENVELOPE} FROM eventbus_message WHERE position > %s ORDER BY position LIMIT {BATCH}"
DATA = f"""
SELECT position, data::text, occurred_at FROM eventbus_message
WHERE position > %s AND type = 'benchmarks.tallied' ORDER BY position LIMIT {BATCH}"""
LOAD = "SELECT counter, count, total, last_at FROM benchmarks_by_hand WHERE counter = ANY(%s)"
STORE = """
INSERT INTO benchmarks_by_hand (counter, count, total, last_at)
SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::timestamptz[])
ON CONFLICT (counter) DO UPDATE
SET count = EXCLUDED.count, total = EXCLUDED.total, last_at = EXCLUDED.last_at"""


class Data(msgspec.Struct):
    """A message's fields, for the decoder."""

    counter: str
    number: int
    note: str


Rates = dict[str, float]
_decoder = msgspec.json.Decoder(Data)


def writing(messages: int, counters: int) -> Rates:
    """Messages per second into the log: COPY of finished rows, and `publish` of many events at once."""
    ready = logs.rows(messages, counters)
    logs.empty()
    by_hand = _rate(messages, lambda: logs.copy(ready))
    logs.empty()
    return {"hand": by_hand, "ours": _rate(messages, lambda: ours.fill(counts(messages, counters)))}


def reading(messages: int) -> Rates:
    """Messages per second out of the log: rows by position, undecoded, and the bus' reader."""
    return {"hand": _rate(messages, _read_raw), "ours": _rate(messages, _read_as_messages)}


def rebuilding(messages: int) -> Rates:
    """Messages per second folded into rows: read, fold and unnest by hand, and `rebuild_projections`."""
    with _connected() as own:
        own.execute("CREATE TABLE IF NOT EXISTS benchmarks_by_hand (LIKE benchmarks_tally INCLUDING ALL)")
        own.execute("TRUNCATE benchmarks_by_hand")
        own.commit()
        by_hand = _rate(messages, lambda: _fold_by_hand(own))
    return {"hand": by_hand, "ours": _rate(messages, lambda: rebuild([Tallies]))}


def _rate(messages: int, work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return messages / (perf_counter() - start)


def _connected() -> "psycopg.Connection[Any]":
    return psycopg.connect(os.environ["DATABASE_URL"])


def _read_raw() -> None:
    with _connected() as own:
        position = 0
        while batch := own.execute(RAW, [position]).fetchall():
            position = batch[-1][0]


def _read_as_messages() -> None:
    progress = Progress(NOTHING, visible_now())
    while progress.window:
        _, progress = read(progress, Selection([Tallied.contract.name]), BATCH)


def _fold_by_hand(own: "psycopg.Connection[Any]") -> None:
    position = 0
    while batch := own.execute(DATA, [position]).fetchall():
        position = batch[-1][0]
        events = [(_decoder.decode(data), at) for _, data, at in batch]
        keys = list({event.counter for event, _ in events})
        rows = {row[0]: list(row) for row in own.execute(LOAD, [keys]).fetchall()}
        for event, at in events:
            row = rows.get(event.counter) or rows.setdefault(event.counter, [event.counter, 0, 0, None])
            row[1] += 1
            row[2] += event.number
            row[3] = at
        own.execute(STORE, [list(column) for column in zip(*rows.values(), strict=True)])
        own.commit()
