"""The database's address for clients that are not libpq."""

import os


def address() -> str:
    """DATABASE_URL without libpq's own options, which asyncpg would send to the server as settings."""
    return os.environ["DATABASE_URL"].partition("?")[0]
