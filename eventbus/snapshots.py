"""A Postgres snapshot: exactly which transactions a reader has seen.

A snapshot is three numbers, as `pg_snapshot` prints them: every transaction below `xmin` is visible,
none from `xmax` on, and between the two all but the `running` ones.
Source: https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT
"""

from msgspec import Struct
from msgspec.structs import replace


class Snapshot(Struct, frozen=True):
    """What a reader has seen."""

    xmin: int
    xmax: int
    running: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """The snapshot that Postgres prints as `xmin:xmax:xip,xip`."""
        xmin, xmax, running = text.split(":")
        return cls(int(xmin), int(xmax), tuple(int(xid) for xid in running.split(",") if xid))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"

    def sees(self, xid: int) -> bool:
        """Whether what transaction `xid` wrote is visible."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.running)

    def within(self, other: "Snapshot") -> bool:
        """Whether `other` sees all that this one sees."""
        return self.xmax <= other.xmax and not any(self.sees(xid) for xid in other.running)

    def without(self, xid: int | None) -> "Snapshot":
        """This snapshot with transaction `xid` still running.

        Postgres never lists a transaction in its own snapshot. A reader that stored such a snapshot would
        count as seen what its own transaction is still going to write.
        """
        if xid is None or not self.sees(xid):
            return self
        return replace(self, xmin=min(self.xmin, xid), running=tuple(sorted({*self.running, xid})))


NOTHING = Snapshot(1, 1)
"""The snapshot that has seen nothing: the start of the log."""
