"""A second process that delivers while the first one writes: two cores for one import.

It is told nothing. Each lane of the bus is delivered by whoever holds it, so two processes that drain share
the work. It ends when its input does, that is with the import, however that ends, and delivers before what is
left.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from eventbus import drain

# The package cannot be imported before Django is set up.
_PROGRAM = "import django; django.setup(); from orders.importing.helping import main; main()"
COMMAND = (sys.executable, "-c", _PROGRAM)
_PAUSE_SECONDS = 0.02


@contextmanager
def helper(processes: int) -> Generator[None]:
    """A second process inside the block, if there are to be two; at the end of the block it is through."""
    if processes < 2:
        yield
        return
    environment = os.environ | {"DATABASE_URL": _this_database()}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, cwd=settings.BASE_DIR, env=environment):
        yield


def _this_database() -> str:
    """The address of the database that this process works on; in tests, another than the settings name."""
    return urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}"))


def main() -> None:
    """Deliver what is due, again and again, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the import, which ends this one in its time
    over = False
    while not over:
        over = bool(select.select([sys.stdin], [], [], 0)[0])
        if not drain():
            select.select([sys.stdin], [], [], _PAUSE_SECONDS)
