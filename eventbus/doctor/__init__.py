"""The doctor: everything that can ail the bus, each with the next step to take.

    manage.py eventbus_doctor            # exit code 0, 1 or 2: all well, warnings, critical
    for finding in examine(): print(finding)

`vital_signs` is the part of it that a load balancer may ask for every second. Nothing here changes anything.
However long the log is, its checks read a bounded part of it; only asking who holds back a full partition may
take a second.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from eventbus.doctor import bridging, database, delivery
from eventbus.doctor.findings import Finding, Severity, worst
from eventbus.doctor.measuring import Measure, measure
from eventbus.doctor.reading import behind_seconds

__all__ = ["Finding", "Measure", "Severity", "behind_seconds", "examine", "measure", "vital_signs", "worst"]

Check = Callable[[], Iterable[Finding]]
CHECKS: tuple[Check, ...] = (
    database.identity,
    database.relay,
    delivery.lag,
    delivery.pauses,
    delivery.overdue,
    delivery.lost_leases,
    delivery.dead_letters,
    delivery.unknown_messages,
    delivery.breakers,
    delivery.lanes,
    delivery.outdated_projections,
    bridging.receiver,
    bridging.arrivals,
    database.stopped_rebuilds,
    delivery.long_sagas,
    database.idle_transactions,
    database.oldest_xmin,
    database.dead_tuples,
    database.clock,
    database.room_ahead,
    database.held_back,
)
VITAL_BOUND = 1_000
"""How many unread messages of a lane are counted for a load balancer."""


def examine() -> list[Finding]:
    """Everything that was found, in the order of the checks; one query or two for each.

    Example:

        drain()
        for finding in examine():
            print(finding.check, finding.severity.name, finding.means, finding.step)
    """
    return [finding for check in CHECKS for finding in check()]


def vital_signs() -> list[Finding]:
    """What decides whether messages are taken and delivered: a few milliseconds, however much waits.

    Example:

        assert {"relay", "lag"} <= {finding.check for finding in vital_signs()}
    """
    lag = list(delivery.lag(VITAL_BOUND))
    behind = any(finding.number for finding in lag)
    relay = [finding for finding in database.relay() if behind or not finding.severity]
    # A message that nobody could take is a person's business, and no reason to close the shop.
    dead = [replace(f, severity=min(f.severity, Severity.WARNING)) for f in delivery.dead_letters()]
    return [*database.identity(), *relay, *lag, *dead, *database.room_ahead()]
