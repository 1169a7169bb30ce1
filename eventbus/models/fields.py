"""Columns of Postgres's own types."""

from typing import Any

from django.db import models
from django.db.models import Func


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """A 64-bit transaction id; psycopg hands it over as text."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "xid8"


class SnapshotField(models.Field):  # type: ignore[type-arg]
    """A Postgres snapshot, as text `xmin:xmax:xip,…`."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "pg_snapshot"


class CurrentXid(Func):
    """The id of the transaction that writes the row."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()
