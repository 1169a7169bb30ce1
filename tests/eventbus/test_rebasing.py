"""Numbering transactions anew changes no answer to "has this snapshot seen that message?"."""

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from eventbus.rebasing import SMALLEST_XID, Renumbering, bounds_of
from eventbus.snapshots import NOTHING, Snapshot

XIDS = st.integers(min_value=2, max_value=60)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any snapshot Postgres could print."""
    running = sorted(draw(st.sets(XIDS, max_size=4)))
    xmin = running[0] if running else draw(XIDS)
    xmax = max([xmin, *(xid + 1 for xid in running)]) + draw(st.integers(min_value=0, max_value=9))
    return Snapshot(xmin, xmax, tuple(running))


@given(kept=st.lists(snapshots(), max_size=5), room=st.integers(min_value=0, max_value=70))
def test_a_renumbered_snapshot_sees_what_it_saw_and_nothing_of_this_cluster(
    kept: list[Snapshot], room: int
) -> None:
    kept = [NOTHING, *kept]
    bounds = bounds_of(kept)
    now = SMALLEST_XID + len(bounds) + 1 + room
    new = Renumbering(bounds, now - len(bounds) - 1)

    for old in kept:
        assert [new.snapshot(old).sees(new.number(xid)) for xid in range(2, 80)] == [
            old.sees(xid) for xid in range(2, 80)
        ]
        assert not any(new.snapshot(old).sees(xid) for xid in range(now, now + 80))
        assert Snapshot.parse(str(new.snapshot(old))) == new.snapshot(old)
    assert {SMALLEST_XID <= new.number(xid) < now for xid in range(2, 80)} == {True}


def test_a_log_of_this_cluster_is_left_alone(bus: None) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("rebase_log")

    assert "There is nothing to re-base: the log speaks of this Postgres cluster" in str(refused.value)
