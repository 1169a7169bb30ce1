"""Real brokers of a test's own, which may be killed and come back: Redis, and RabbitMQ where there is one."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import redis

from config.local import processes
from config.local.services import Services
from config.local.state import State
from tests.chaos.servers import PrivateRedis

NO_RABBIT = "RabbitMQ is not installed (Debian: apt-get install rabbitmq-server)."
PATIENCE_SECONDS = 60.0
_PROGRAMS = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/rabbitmq/sbin"))


class Broker(Protocol):
    """A broker that can suffer."""

    url: str

    def start(self) -> None:
        """Start it where it does not run; what it kept is there again."""

    def kill(self) -> None:
        """End it at once, as a power cut would."""

    def settle(self) -> None:
        """Have it write down which channels there are."""

    def stop(self) -> None:
        """End it for good."""


class PersistentRedis:
    """A Redis that writes every command to the disk before it answers."""

    def __init__(self, folder: Path) -> None:
        self._services = Services(State(folder))
        self._server = PrivateRedis(self._services)
        self.url = self._server.url
        with redis.Redis.from_url(self.url) as client:
            client.config_set("appendfsync", "always")
            client.config_rewrite()

    def start(self) -> None:
        """Start it where it does not run."""
        self._server.start()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._server.send(signal.SIGKILL)

    def settle(self) -> None:
        """It has: a channel is what was written into it."""

    def stop(self) -> None:
        """End it and forget what it kept."""
        self._services.wipe()


class RabbitMQ:
    """A RabbitMQ on ports and in a folder of its own, with a name service of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._names = folder, processes.free_port(), processes.free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self.url = f"amqp://guest:guest@{processes.LOOPBACK}:{self._port}//"
        folder.mkdir()
        (folder / "enabled_plugins").write_text("[].")
        self.start()

    def start(self) -> None:
        """Start both of its processes, and wait until it lets somebody in."""
        names = ["epmd", "-port", str(self._names), "-address", processes.LOOPBACK]
        server = [str(rabbit_programs())]
        self._processes = [self._run(names), self._run(server)]
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < end, (self._folder / "output").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """End all of it by SIGKILL."""
        for process in reversed(self._processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def settle(self) -> None:
        """Have it write down which queues there are: it does so a moment later than it confirms messages."""
        control = str(rabbit_programs()).replace("rabbitmq-server", "rabbitmqctl")
        subprocess.run(
            [control, "eval", "mnesia:sync_log()."], env=self._environment(), check=True, capture_output=True
        )

    def stop(self) -> None:
        """End it and forget what it kept."""
        self.kill()
        shutil.rmtree(self._folder)

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "output").open("ab") as output:
            return subprocess.Popen(
                command, env=self._environment(), stdout=output, stderr=output, start_new_session=True
            )

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(self._names),
            "RABBITMQ_NODENAME": f"bridge-{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": processes.LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._port + 20000 if self._port < 40000 else self._port - 20000),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection((processes.LOOPBACK, self._port), 1) as line:
                line.settimeout(1)
                line.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(line.recv(1))
        except OSError:
            return False


def rabbit_programs() -> Path | None:
    """RabbitMQ's server, where it is installed."""
    found = (folder / "rabbitmq-server" for folder in _PROGRAMS)
    return next((file for file in found if file.exists()), None)


def running(broker: Broker) -> Iterator[Broker]:
    """The broker for as long as a fixture lasts."""
    try:
        yield broker
    finally:
        broker.stop()
