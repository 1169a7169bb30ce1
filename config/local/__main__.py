"""The verbs of the Makefile: `python -m config.local run|test|check|bench|chaos|setup|stop|reset|watch`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config.local import checking, running, watching
from config.local.errors import LocalError
from config.local.services import Services, database_url, redis_url
from config.local.state import State

ROOT = Path(__file__).resolve().parents[2]
STATE = State(Path(os.environ.get("SHOP_STATE", ROOT / ".state")))
CHAOS = State(STATE.directory / "chaos")
LAST_PORT = 65535
GIVEN = {"DATABASE_URL", "REDIS_URL", "SANDBOX_URL", "SITE_URL", "EMAIL_URL"}


def main(verb: str, *arguments: str) -> int:
    """Do what one verb of the Makefile says; what stands in its way is told in a sentence."""
    try:
        return VERBS[verb](*arguments)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run() -> int:
    """Open the shop at PORT until Ctrl-C."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) <= LAST_PORT:
        raise LocalError(f"PORT={port} is no port: use a number between 1 and {LAST_PORT}.")
    return running.run(STATE, ROOT, int(port))


def test(*arguments: str) -> int:
    """Run the tests, on a database of their own."""
    setup()
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def bench(*arguments: str) -> int:
    """Run the benchmarks."""
    setup()
    return subprocess.run([sys.executable, "-m", "tests.benchmarks", *arguments], check=False).returncode


def chaos(*arguments: str) -> int:
    """Become the chaos run: a shop on servers of its own, which are killed while people shop."""
    running.end_leftovers(CHAOS, ROOT)
    Services(CHAOS).wipe()
    shutil.rmtree(CHAOS.directory)
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    environment |= {"SHOP_STATE": str(CHAOS.directory), "DJANGO_SETTINGS_MODULE": "tests.chaos.settings"}
    command = [sys.executable, str(ROOT / "manage.py"), "chaos", "tests.chaos.shop:plan", *arguments]
    os.execve(sys.executable, command, environment)


def check() -> int:
    """Run every check of the code."""
    setup()
    return checking.check()


def setup() -> int:
    """Have Postgres and Redis running."""
    database_url(STATE.directory)
    redis_url(STATE.directory)
    return 0


def stop() -> int:
    """Stop the shop and the private servers."""
    stopped = running.stop(STATE, ROOT)
    if CHAOS.directory.is_dir():
        stopped += running.stop(CHAOS, ROOT)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def reset() -> int:
    """Delete everything local, once a person has said yes."""
    print(f"This deletes {STATE.directory}: the local database, mails and logins.")
    try:
        answer = input("Type yes to go on: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        print("Nothing was deleted.")
        return 1
    stop()
    for state in (STATE, CHAOS):
        Services(state).wipe()
    shutil.rmtree(STATE.directory)
    print("Everything local is gone; `make run` starts afresh.")
    return 0


def watch() -> int:
    """Announce the open shop and keep its servers alive (a process of `make run`)."""
    watching.watch(STATE)
    return 0


VERBS: dict[str, Callable[..., int]] = {
    "run": run,
    "test": test,
    "bench": bench,
    "chaos": chaos,
    "check": check,
    "setup": setup,
    "stop": stop,
    "reset": reset,
    "watch": watch,
}

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
