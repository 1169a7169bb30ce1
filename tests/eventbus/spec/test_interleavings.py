"""The reader in every interleaving of a few small transactions: nothing is left to chance."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.eventbus.spec.exploring import Counterexample, Explored, Script, explore
from tests.eventbus.spec.naive import PAIR_READER, POSITION_READER, SETTLED_PAIR_READER
from tests.eventbus.spec.world import READER, Broken, Reader, Step, a_world, act, in_memory

EARLY_ID: Script = [("take xid",), ("publish", "a", 1), ("commit",)]
QUICK: Script = [("publish", "b", 2), ("commit",)]
SAVEPOINT: Script = [("keep", "b", 3), ("commit",)]
GIVEN_UP: Script = [("publish", "b", 4), ("rollback",)]
TAKEN_BACK: Script = [("take back", "b", 5), ("commit",)]
TWO_AT_ONCE: Script = [("publish", "a", 6), ("publish", "b", 7), ("commit",)]

READ: Step = (READER, "read")
A_LATE_COMMIT: list[Step] = [
    (1, "take xid"),
    (1, "publish", "a", 1),
    (2, "publish", "b", 2),
    (2, "commit"),
    READ,
    (1, "commit"),
    (READER, "commit"),
]
AN_OPEN_TRANSACTION: list[Step] = [(1, "take xid"), (2, "publish", "b", 2), (2, "commit")]


@pytest.fixture(autouse=True)
def _in_memory() -> Iterator[None]:
    with in_memory():
        yield


@pytest.mark.parametrize(
    ("scripts", "options", "explored"),
    [
        ([EARLY_ID, QUICK, GIVEN_UP], {"limit": 1}, Explored(1_801_800, 21_362)),
        ([EARLY_ID, SAVEPOINT, TAKEN_BACK], {"limit": 2}, Explored(3_603_600, 39_948)),
        ([EARLY_ID, TWO_AT_ONCE, QUICK], {"limit": 1, "shards": 2}, Explored(3_191_760, 27_119)),
        ([EARLY_ID, TWO_AT_ONCE, QUICK], {"limit": 1, "writes": False}, Explored(744_744, 3_901)),
    ],
)
def test_three_transactions_and_two_batches_in_every_order(
    scripts: list[Script], options: dict[str, Any], explored: Explored
) -> None:
    assert _explored(scripts, **options) == explored


def test_two_transactions_and_two_batches_that_publish_in_every_order() -> None:
    """The third transaction is the reader's own: its consumer publishes after a batch."""
    assert _explored([EARLY_ID, QUICK], answers=True) == Explored(211_640, 8_280)


def _explored(scripts: list[Script], *, answers: bool = False, **options: Any) -> Explored:
    explored = explore(a_world(3, **options), scripts, batches=2, answers=answers)
    print(f"{explored.interleavings:,} interleavings, {explored.states:,} states")
    return explored


@pytest.mark.parametrize(
    ("reader", "reason", "story"),
    [
        (POSITION_READER, "not delivered: [1]", A_LATE_COMMIT),
        (PAIR_READER, "not delivered: [1]", A_LATE_COMMIT),
        (SETTLED_PAIR_READER, "not delivered: [2]", AN_OPEN_TRANSACTION),
    ],
)
def test_the_readers_that_everybody_writes_first_are_found_out(
    reader: Reader, reason: str, story: list[Step]
) -> None:
    with pytest.raises(Counterexample) as found:
        explore(a_world(2, reader, writes=False), [EARLY_ID, QUICK], batches=2)

    assert (found.value.reason, list(found.value.story)) == (reason, story)


@pytest.mark.parametrize("reader", [PAIR_READER, SETTLED_PAIR_READER])
def test_who_goes_by_transaction_ids_turns_a_stream_round(reader: Reader) -> None:
    """With nothing open, too: the one that took its id first has published last."""
    world = a_world(2, reader, writes=False)
    for step in [
        (1, "take xid"),
        (2, "publish", "a", 1),
        (2, "commit"),
        (1, "publish", "a", 2),
        (1, "commit"),
    ]:
        world = act(world, step)

    with pytest.raises(Broken, match=r"^out of order: \[2, 1\]$"):
        act(world, READ)
