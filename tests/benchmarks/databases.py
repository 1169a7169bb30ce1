"""A database for each system, on one server, for the time of a run."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


def create(server: str, name: str) -> str:
    """Make an empty database beside that of `server`, in place of an older one; returns its address."""
    parts = urlsplit(server)
    own = f"{parts.path.strip('/')}_benchmark_{name}"
    _run(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", own)
    _run(server, "CREATE DATABASE {}", own)
    return urlunsplit(parts._replace(path=f"/{own}"))


def drop(server: str, address: str) -> None:
    """Delete a database that `create` made, whoever is still connected."""
    _run(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", urlsplit(address).path.strip("/"))


def settings(server: str, *names: str) -> dict[str, str]:
    """What the server says of its own settings."""
    with psycopg.connect(server) as connection:
        found = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    return {name: row[0] for name, row in zip(names, found, strict=True) if row}


def _run(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
