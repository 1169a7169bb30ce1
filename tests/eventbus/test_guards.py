"""No transaction is open while somebody else is talked to."""

import smtplib
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis
from django.db import transaction

from eventbus import Command, Event
from eventbus.models import Delivery
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.callers import effects, pass_gate

pytestmark = pytest.mark.usefixtures("toy_bus")


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody who listens, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port)).close()


def errors() -> list[str]:
    return list(Delivery.objects.values_list("error", flat=True))


@pytest.mark.parametrize("kind", ["handler", "projection", "saga"])
def test_a_consumer_that_calls_out_inside_its_transaction_is_refused(kind: str, port: int) -> None:
    toys.behaviour[kind] = lambda message: connect(port)
    pass_gate(("a", 1))

    drain()

    (error,) = errors()
    assert error.partition("\n")[0] == (
        f"NetworkInTransaction: toys.{kind} opened a connection to 127.0.0.1:{port} inside a database "
        f"transaction, which would hold its locks for as long as the other side takes. Declare the handler "
        f"external=True and return what it records, or call out where no transaction.atomic is open."
    )
    assert effects(kind) == {}


def test_an_external_handler_calls_out_freely(port: int) -> None:
    toys.behaviour["external"] = lambda message: connect(port)
    pass_gate(("a", 1))

    drain()

    assert (effects("external"), errors()) == ({"a": [1]}, [])


def test_an_external_handler_that_opens_a_transaction_itself_is_refused(port: int) -> None:
    def lock_and_call(message: Event | Command) -> None:
        with transaction.atomic():
            connect(port)

    toys.behaviour["external"] = lock_and_call
    pass_gate(("a", 1))

    drain()

    (error,) = errors()
    assert error.startswith("NetworkInTransaction: toys.external opened a connection to 127.0.0.1:")


def test_recording_a_result_may_not_call_out(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.eventbus.callers._note", lambda kind, event: connect(port))
    pass_gate(("a", 1))

    drain()

    assert [error.partition(" opened")[0] for error in sorted(errors())] == [
        "NetworkInTransaction: toys.external",
        "NetworkInTransaction: toys.handler",
    ]


CLIENTS: dict[str, Callable[[int], Any]] = {
    "httpx": lambda port: httpx.get(f"http://127.0.0.1:{port}", trust_env=False),
    "urllib": lambda port: urllib.request.urlopen(f"http://127.0.0.1:{port}"),
    "smtplib": lambda port: smtplib.SMTP("127.0.0.1", port),
    "redis": lambda port: redis.Redis(port=port).ping(),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_is_seen(client: str, port: int) -> None:
    toys.behaviour["handler"] = lambda message: CLIENTS[client](port)
    pass_gate(("a", 1))

    drain()

    (error,) = errors()
    assert error.startswith("NetworkInTransaction: toys.handler opened a connection to ")


def test_outside_a_consumer_a_transaction_may_call_out(port: int) -> None:
    with transaction.atomic():
        connect(port)


def test_a_thread_that_does_not_deliver_is_left_alone(port: int) -> None:
    def elsewhere(message: Event | Command) -> None:
        thread = threading.Thread(target=connect, args=[port])
        thread.start()
        thread.join(10)

    toys.behaviour["handler"] = elsewhere
    pass_gate(("a", 1))

    drain()

    assert errors() == []


def test_what_a_consumer_does_after_its_commit_is_not_inside(port: int) -> None:
    toys.behaviour["handler"] = lambda message: transaction.on_commit(lambda: connect(port))
    pass_gate(("a", 1))

    drain()

    assert (effects("handler"), errors()) == ({"a": [1]}, [])


def test_a_socket_of_this_machines_file_system_is_no_network(tmp_path: Any) -> None:
    def log_locally(message: Event | Command) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "log"))

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "log"))
        server.listen()
        toys.behaviour["handler"] = log_locally
        pass_gate(("a", 1))
        drain()

    assert errors() == []


@pytest.mark.parametrize("setting", [{"DISPATCH": "manual", "GUARD": False}, {"DISPATCH": "manual"}])
def test_the_guard_is_off_where_the_settings_say_so(
    setting: dict[str, Any], settings: Any, port: int
) -> None:
    settings.EVENTBUS = setting
    toys.behaviour["handler"] = lambda message: connect(port)
    pass_gate(("a", 1))

    drain()

    assert errors() == []
