"""Whether the shop is as the last `make run` left it: told without Django, from files and a few rows."""

import hashlib
from pathlib import Path

import psycopg

from config.local.login import USERNAME, Login
from config.local.state import State

WATCHED = ("requirements.txt", "config/*.py", "*/migrations/*.py", "*/static/**/*")
RECORD = "prepared"
FACTS = """
    SELECT system_identifier::text, (SELECT count(*) FROM django_migrations),
           (SELECT password FROM auth_user WHERE username = %s)
    FROM pg_control_system()
"""


def known_login(state: State, root: Path, url: str) -> Login | None:
    """Return the login of the last preparation when code, static files and database are still the same."""
    kept = state.read(RECORD)
    return Login(kept["password"]) if kept and kept["seen"] == _seen(root, url) else None


def remember(state: State, root: Path, url: str, login: Login) -> None:
    """Note that everything is prepared for what is there now."""
    state.write(RECORD, {"password": login.password, "seen": _seen(root, url)})


def _seen(root: Path, url: str) -> dict[str, object]:
    return {"files": _fingerprint(root), "database": _facts(url)}


def _fingerprint(root: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(file for pattern in WATCHED for file in root.glob(pattern)):
        known = file.stat()
        found.update(f"{file} {known.st_size} {known.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _facts(url: str) -> list[object]:
    try:
        with psycopg.connect(url) as connection:
            return list(connection.execute(FACTS, [USERNAME]).fetchone() or ())
    except psycopg.Error:
        return []
