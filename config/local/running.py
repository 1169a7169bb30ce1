"""`make run` and `make stop`: every process of the shop under one honcho, and its end."""

import os
import shlex
import shutil
import signal
import sys
from pathlib import Path

import django
from honcho.manager import Manager
from honcho.printer import Printer

from config.local import freshness, processes
from config.local.errors import AlreadyRunning, PortInUse
from config.local.login import Login
from config.local.services import Services, database_url, redis_url
from config.local.state import State

RUNNING = "run"
PYTHON = shlex.quote(sys.executable)
CELERY = f"{PYTHON} -m celery -A config.celery --quiet"
WORKER = f"{CELERY} worker --loglevel WARNING --concurrency 2"
WORKER += " --without-gossip --without-mingle --without-heartbeat"
BEHIND = {"worker": "nice -n 5 ", "external": "nice -n 5 "}
"""What goes behind a shopper's request where they compete for a processor."""

# Celery's advice against root is for servers; here root is who typed `make run`.
QUIET = "ignore:You're running the worker with superuser"


class ParentsFirst:
    """How honcho signals a process: gunicorn and Celery end their children themselves, when idle."""

    def terminate(self, pid: int) -> None:
        """Ask the parent to end."""
        processes.end(pid)

    def kill(self, pid: int) -> None:
        """End parent and children at once."""
        processes.end(pid, signal.SIGKILL, group=True)


def commands(port: int, sandbox_port: int) -> dict[str, str]:
    """Return the command line of each process, by the name its log lines carry."""
    web = f"{PYTHON} -m gunicorn config.wsgi --bind {processes.LOOPBACK}:{port} --worker-class gthread"
    return {
        "web": f"{web} --preload --workers 2 --threads 4 --graceful-timeout 3 --log-level warning",
        "relay": f"{PYTHON} manage.py relay",
        "worker": f"{WORKER} -n worker@%h -Q projections,sagas,handlers",
        "external": f"{WORKER} -n external@%h -Q external",
        "clock": f"{CELERY} beat --loglevel WARNING",
        "sandbox": f"{PYTHON} manage.py sandbox --port {sandbox_port}",
        "shop": f"{PYTHON} -m config.local watch",
    }


def run(state: State, root: Path, port: int) -> int:
    """Open the shop and keep it open until Ctrl-C; return honcho's exit code."""
    with state.try_lock(RUNNING) as free:
        if not free:
            there = state.read(RUNNING).get("port", port)
            raise AlreadyRunning(f"The shop runs already, at http://127.0.0.1:{there}; `make stop` ends it.")
        # From now on `make stop` means this process, and not whoever has the last run's pid by now.
        state.write(RUNNING, state.read(RUNNING) | {"pid": os.getpid()})
        end_leftovers(state, root)
        _need_port(port)
        started_here = not Services(state).running()
        try:
            return _open(state, root, port)
        finally:
            if started_here:
                Services(state).stop()


def stop(state: State, root: Path) -> list[str]:
    """End a running shop, what a killed one left behind, and the private servers; return what was stopped."""
    stopped = []
    if state.is_locked(RUNNING):
        pid = state.read(RUNNING)["pid"]
        processes.end(pid)
        processes.wait_until(lambda: not state.is_locked(RUNNING), seconds=20)
        stopped.append("the shop")
    stopped += end_leftovers(state, root)
    return stopped + Services(state).stop()


def end_leftovers(state: State, root: Path) -> list[str]:
    """End the processes of a `make run` that was killed before it could end them itself."""
    left = {file.stem: processes.read_pid(file) for file in state.folder("pids").glob("*.pid")}
    alive = {name: pid for name, pid in left.items() if processes.is_ours(pid, str(root))}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in alive.values():
            processes.end(pid, number, group=True)
        if processes.wait_until(lambda: not any(map(processes.command_of, alive.values())), seconds=5):
            break
    return sorted(alive)


def _open(state: State, root: Path, port: int) -> int:
    sandbox_port = processes.free_port(state.read(RUNNING).get("sandbox_port", 0))
    record = {"pid": os.getpid(), "port": port, "sandbox_port": sandbox_port}
    shutil.rmtree(state.directory / "metrics", ignore_errors=True)  # what processes counted that are gone
    state.write(RUNNING, record)
    state.write(RUNNING, record | {"staff_password": _prepared(state, root).password})
    return _supervise(state, root, commands(port, sandbox_port))


def _prepared(state: State, root: Path) -> Login:
    url = database_url(state.directory)
    redis_url(state.directory)
    login = freshness.known_login(state, root, url)
    if login is None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        from config.local.prepare import prepare  # noqa: PLC0415  (the rooms can be imported only now)

        login = prepare(state)
        freshness.remember(state, root, url, login)
    return login


def _need_port(port: int) -> None:
    if not processes.port_is_free(port):
        other = processes.free_port(port + 1)
        raise PortInUse(f"Port {port} is in use by another program: end it, or `make run PORT={other}`.")


def _supervise(state: State, root: Path, wanted: dict[str, str]) -> int:
    manager = Manager(Printer(sys.stdout))
    manager._procmgr = ParentsFirst()
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": QUIET}
    pids = state.folder("pids")
    # The web goes first: on a small machine eight Pythons that start at once keep it waiting.
    for name, command in wanted.items():
        file = shlex.quote(str(pids / f"{name}.pid"))
        pause = "" if name == "web" else "sleep 1; "
        start = f"echo $$ >{file}; {pause}exec {BEHIND.get(name, '')}{command}"
        manager.add_process(name, start, env=environment, cwd=str(root))
    manager.loop()
    interrupted = manager.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}
    return 0 if interrupted else manager.returncode or 0
