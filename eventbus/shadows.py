"""A second table for a model, in a schema of its own, that can take the first one's place.

It is a copy of the live table as the database has it: columns, rules, indexes, rights, each under its own
name, since names need only be unique within a schema. Taking its place is dropping the one and moving the
other, in one transaction that readers wait for only as long as it takes.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

from eventbus.errors import RebuildRefused

SCHEMA = "eventbus_rebuild"

DEPENDENTS = """
SELECT 'view ' || r.ev_class::regclass FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
WHERE d.refobjid = %(table)s::regclass AND d.classid = 'pg_rewrite'::regclass AND r.ev_class <> d.refobjid
UNION SELECT 'foreign key ' || conname FROM pg_constraint
WHERE confrelid = %(table)s::regclass AND contype = 'f' AND conrelid <> confrelid
UNION SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = %(table)s::regclass AND NOT tgisinternal
ORDER BY 1"""

CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype = ANY(%s) ORDER BY oid"""

# Prettily printed, the definition does not name the table's schema, and so fits the other one.
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index AS i
WHERE i.indrelid = %s::regclass AND NOT EXISTS (
    SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.indexrelid"""

GRANTS = """
SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.oid = %s::regclass AND a.grantee <> c.relowner"""


class Shadow:
    """The table aside of a model whose live table is found by its plain name."""

    def __init__(self, model: type[Model]) -> None:
        self.live = f'"{model._meta.db_table}"'
        self.table = f"{SCHEMA}.{self.live}"

    def exists(self) -> bool:
        """Whether the table aside is there."""
        return bool(_rows("SELECT to_regclass(%s) IS NOT NULL", [self.table])[0][0])

    def create(self) -> None:
        """Make it anew and empty; raises RebuildRefused where something else hangs on the live table."""
        if dependents := _rows(DEPENDENTS, {"table": self.live}):
            raise RebuildRefused(
                f"{self.live} cannot be exchanged: {', '.join(name for (name,) in dependents)} would stay "
                f"with the old table. Drop it, rebuild, and make it again."
            )
        _run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        _run(f"DROP TABLE IF EXISTS {self.table}")
        _run(f"CREATE TABLE {self.table} (LIKE {self.live} INCLUDING ALL EXCLUDING INDEXES)")
        self._add_constraints("p")

    def complete(self) -> None:
        """Give it, once it is full, everything else the live table has; what it has already is left."""
        self._add_constraints("uxf")
        definitions = _rows(INDEXES, [self.live])
        with self.aside():
            for name, definition in definitions:
                if not _rows("SELECT to_regclass(%s)", [f"{SCHEMA}.{name}"])[0][0]:
                    _run(definition)
        for privilege, grantee in _rows(GRANTS, [self.live]):
            _run(f"GRANT {privilege} ON {self.table} TO {grantee}")
        _run(f"ANALYZE {self.table}")

    def replace_live(self) -> None:
        """Put it in the live table's place, under the live table's names."""
        ((home,),) = _rows(
            "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = %s::regclass", [self.live]
        )
        _run(f"DROP TABLE {self.live}")
        _run(f"ALTER TABLE {self.table} SET SCHEMA {home}")

    def drop(self) -> None:
        """Take it away."""
        _run(f"DROP TABLE IF EXISTS {self.table}")

    @contextmanager
    def aside(self) -> Generator[None]:
        """Inside, in a transaction, the model's plain name means the table aside."""
        ((path,),) = _rows("SELECT current_setting('search_path')")
        _run(f"SET LOCAL search_path TO {SCHEMA}, {path}")
        yield
        _run(f"SET LOCAL search_path TO {path}")

    def _add_constraints(self, kinds: str) -> None:
        there = {name for name, _ in _rows(CONSTRAINTS, [self.table, list(kinds)])}
        for name, definition in _rows(CONSTRAINTS, [self.live, list(kinds)]):
            if name not in there:
                _run(f'ALTER TABLE {self.table} ADD CONSTRAINT "{name}" {definition}')


def _rows(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
