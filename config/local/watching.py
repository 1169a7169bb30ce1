"""The process `shop` of `make run`: says when the shop is open, and brings back a server that died."""

import http.client
import sys
import time

from config.local import processes
from config.local.errors import LocalError
from config.local.login import Login
from config.local.services import database_url, redis_url
from config.local.state import State

PATIENCE_SECONDS = 180
PAUSE_SECONDS = 2


def watch(state: State) -> None:
    """Announce the shop, then look after its servers for ever."""
    record = state.read("run")
    port = record["port"]
    if not processes.wait_until(lambda: answers(port), PATIENCE_SECONDS):
        sys.exit(f"The shop does not answer on port {port}; the lines above may say why.")
    print(announcement(port, Login(record["staff_password"])), flush=True)
    while True:
        time.sleep(PAUSE_SECONDS)
        try:
            database_url(state.directory)
            redis_url(state.directory)
        except LocalError as error:
            print(error, flush=True)


def answers(port: int) -> bool:
    """Whether a web server answers there, whatever it says."""
    connection = http.client.HTTPConnection(processes.LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def announcement(port: int, login: Login) -> str:
    """Return the lines a person waits for."""
    address = f"http://{processes.LOOPBACK}:{port}"
    return f"The shop is open: {address}\nFor staff:        {address}/admin/ ({login})\nCtrl-C closes it."
