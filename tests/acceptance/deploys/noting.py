"""Which release got what, in which order: one table, made by the test."""

from django.db import connection

CREATE = "CREATE TABLE deploys_noted (id serial, kind text, release text, parcel text, number int)"
DROP = "DROP TABLE deploys_noted"


def note(kind: str, release: str, parcel: str, number: int) -> None:
    """Write one line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deploys_noted (kind, release, parcel, number) VALUES (%s, %s, %s, %s)",
            [kind, release, parcel, number],
        )


def noted(kind: str) -> dict[str, list[tuple[str, int]]]:
    """Per parcel, which release got which number."""
    found: dict[str, list[tuple[str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT parcel, release, number FROM deploys_noted WHERE kind = %s ORDER BY id", [kind]
        )
        for parcel, release, number in cursor.fetchall():
            found.setdefault(parcel, []).append((release, number))
    return found
