"""What a shop needs before it opens: tables, static files, a catalogue, a staff login."""

import hashlib
import secrets
from io import StringIO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog import queries
from config.local.login import USERNAME, Login
from config.local.state import State


def prepare(state: State) -> Login:
    """Bring everything up to date and return the staff login."""
    _migrate()
    _collect_static_files(state)
    _fill_catalogue()
    return _staff_login(state)


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Bringing the database up to date …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("staff_roles", stdout=StringIO())


def _collect_static_files(state: State) -> None:
    wanted = {"files": _fingerprint_of_static_files()}
    if state.read("static") != wanted:
        print("Collecting the static files …", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        state.write("static", wanted)


def _fingerprint_of_static_files() -> str:
    found = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda file: file[0]):
            found.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return found.hexdigest()


def _fill_catalogue() -> None:
    if not queries.categories_with_counts():
        print("Filling the catalogue with the demo products …", flush=True)
        call_command("load_demo", verbosity=0)


def _staff_login(state: State) -> Login:
    """Make the account at the first run; its password is known for as long as staff choose no other."""
    users = get_user_model()._default_manager
    kept = state.read("staff")
    user = users.filter(username=USERNAME).first()
    if user is None:
        password = secrets.token_urlsafe(9)
        user = users.create_superuser(USERNAME, f"{USERNAME}@example.com", password)
        kept[user.password] = password
        state.write("staff", kept)
    return Login(kept.get(user.password, ""))
