"""Which Postgres cluster the log speaks of.

The log remembers what was seen as transaction ids, and these belong to one cluster: restored elsewhere from
a dump, they mean nothing there. What is published before the log is re-based would look as if everybody had
seen it, so both delivering and publishing are refused until then. Reading pages goes on.

A swap of the cluster breaks every connection, so one look per connection is enough.
"""

import logging
from typing import Any
from weakref import WeakSet

from django.db import connection
from msgspec import Struct

from eventbus.errors import RestoredCluster

logger = logging.getLogger(__name__)
_verified: "WeakSet[Any]" = WeakSet()
_said: set[str] = set()

# This transaction's own messages are left out: its id may be above its own snapshot's end.
_LOOK = """
SELECT (SELECT system_identifier FROM eventbus_cluster),
       (SELECT system_identifier FROM pg_control_system()),
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       (SELECT xid FROM eventbus_message
        WHERE xid IS DISTINCT FROM pg_current_xact_id_if_assigned() ORDER BY xid DESC LIMIT 1)::text::bigint,
       (SELECT max(greatest(pg_snapshot_xmax(seen), pg_snapshot_xmax("window"))::text::bigint)
        FROM eventbus_checkpoint)"""

_STAMP = """
INSERT INTO eventbus_cluster (id, system_identifier)
SELECT 1, system_identifier FROM pg_control_system()
ON CONFLICT (id) DO UPDATE SET system_identifier = EXCLUDED.system_identifier, since = now()
    WHERE eventbus_cluster.system_identifier <> EXCLUDED.system_identifier"""


class Identity(Struct, frozen=True):
    """What the log says of its cluster, and what this one is.

    stored: the system identifier the log was written under, None where it was never noted.
    actual: this cluster's. next_xid: what its next transaction takes. highest: the highest the log knows.
    """

    stored: int | None
    actual: int
    next_xid: int
    highest: int

    @property
    def problem(self) -> str:
        """Why the log's transaction ids mean nothing here, or nothing."""
        if self.stored not in (None, self.actual):
            return (
                f"The log was written in the Postgres cluster with system identifier {self.stored}, and this "
                f"one's is {self.actual}"
            )
        if self.highest > self.next_xid:
            return (
                f"The log knows of transaction {self.highest}, and this Postgres cluster (system identifier "
                f"{self.actual}) has only come to {self.next_xid}"
            )
        return ""


def look() -> Identity:
    """Compare the log's cluster with this one, past Django's query log: one statement."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        row = connection.connection.execute(_LOOK).fetchone()
    stored, actual, next_xid, message, checkpoint = row
    return Identity(stored, actual, next_xid, max(message or 0, checkpoint or 0))


def verify() -> bool:
    """Refuse to go on where the log was restored into another cluster; once per connection.

    Returns whether the log's cluster is on record. Raises RestoredCluster.
    """
    if connection.connection in _verified:
        return True
    identity = look()
    if identity.problem:
        raise RestoredCluster(
            f"{identity.problem}. It was restored from a dump, or moved: what was seen of it is not known "
            f"here, so nothing is delivered or published. Run `manage.py rebase_log`."
        )
    _said.clear()
    if identity.stored is not None:
        _verified.add(connection.connection)
    return identity.stored is not None


def stamp() -> None:
    """Put on record that the log's transaction ids are this cluster's."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)


def say_once(refusal: RestoredCluster) -> None:
    """Log a refusal; not again until it is over or another one."""
    if str(refusal) not in _said:
        _said.add(str(refusal))
        logger.error("delivery_refused", extra={"reason": str(refusal)})
