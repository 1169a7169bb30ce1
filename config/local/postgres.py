"""A private Postgres: on loopback only, with a random password, checksums and full durability."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from config.local import binaries, processes
from config.local.account import Account
from config.local.binaries import Binaries
from config.local.servers import Instance

ROLE = DATABASE = "shop"
OPTIONS = "sslmode=disable&gssencmode=disable"
CREATE = f"CREATE DATABASE {DATABASE}"
NO_SUCH_PID = 2**30


class Postgres:
    """Postgres as the local set-up knows it."""

    name = "postgres"

    def installed(self, account: Account) -> Iterator[Binaries]:
        """Yield the installed Postgres versions."""
        return binaries.postgres_on_system(account)

    def in_wheel(self) -> Binaries:
        """Return the Postgres of a wheel."""
        return binaries.postgres_in_wheel()

    def url(self, instance: Instance) -> str:
        """Return the address that clients use."""
        at = f"{processes.LOOPBACK}:{instance.port}"
        return f"postgres://{ROLE}:{instance.password}@{at}/{DATABASE}?{OPTIONS}"

    def answers(self, instance: Instance) -> bool:
        """Whether this very data directory is served there, to the password on record."""
        try:
            with psycopg.connect(self.url(instance), connect_timeout=2) as connection:
                served = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return served == (str(instance.home / "data"),)

    def lives(self, instance: Instance) -> bool:
        """Whether the postmaster named in the data directory lives and is this one."""
        data = instance.home / "data"
        return processes.is_ours(processes.read_pid(data / "postmaster.pid"), str(data))

    def start(self, instance: Instance, programs: Path, account: Account) -> bool:
        """Make the data directory where it is missing, and start the server on it."""
        data = instance.home / "data"
        if not data.exists():
            _initialise(instance, programs, account)
        _forget_dead_postmaster(data / "postmaster.pid")
        options = f"-h {processes.LOOPBACK} -p {instance.port} -c unix_socket_directories=''"
        options += " -c max_connections=200 -c shared_buffers=256MB"
        start: list[str | Path] = [
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            instance.home / "log",
            "-w",
            "-t",
            "60",
            "-s",
        ]
        return _run([*start, "-o", options, "start"], account)

    def stop(self, instance: Instance) -> None:
        """Stop the server; open transactions are rolled back."""
        # pg_ctl would do the same, but the programs may have been uninstalled since the start.
        processes.end(processes.read_pid(instance.home / "data" / "postmaster.pid"), signal.SIGINT)
        processes.wait_until(lambda: not self.lives(instance), seconds=30)


def _initialise(instance: Instance, programs: Path, account: Account) -> None:
    # Under another name until it is whole: a killed initdb must not be taken for a data directory.
    draft, password = instance.home / "data.new", instance.home / "password"
    subprocess.run(["rm", "-rf", draft], check=True)
    password.write_text(instance.password)
    password.chmod(0o600)
    account.give(password)
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        draft,
        "-U",
        ROLE,
        f"--pwfile={password}",
        "--auth=scram-sha-256",
    ]
    _run([*command, "--encoding=UTF8", "--data-checksums", *_locale(instance)], account, check=True)
    _run(
        [programs / "postgres", "--single", "-D", draft, "-c", "log_checkpoints=off", "postgres"],
        account,
        check=True,
        typed=CREATE,
    )
    password.unlink()
    draft.rename(instance.home / "data")


def _locale(instance: Instance) -> list[str]:
    # From 17 on Postgres brings this locale along; before, C.UTF-8 is the system's, and macOS has none.
    if int(instance.key.rpartition("-")[2]) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8" if os.uname().sysname == "Linux" else "--locale=en_US.UTF-8"]


def _forget_dead_postmaster(file: Path) -> None:
    """Let Postgres pass over a pid that is a zombie's, or by now another program's.

    Only the pid is replaced: with the rest Postgres finds backends that outlived a killed postmaster.
    """
    if file.exists():
        file.write_text(re.sub(r"\A\S*", str(NO_SUCH_PID), file.read_text()))


def _run(command: list[str | Path], account: Account, *, check: bool = False, typed: str = "") -> bool:
    done = subprocess.run(
        command,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        input=typed,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=None if check else subprocess.DEVNULL,
        start_new_session=True,
        check=check,
        **account.run_as,
    )
    return done.returncode == 0
