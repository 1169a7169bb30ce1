"""A process of the project, started by its command line and killed at will."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep

from eventbus.chaos.plan import Fault
from eventbus.errors import EventBusError

READY_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(kw_only=True)
class Program:
    """One process and its children, in a session of their own; what they print goes to `folder`/<name>.log.

    ready: whether it is of use by now; asked after each start. environment: added to this process's own.
    kill_seconds, freeze_seconds: how long it stays away at each kill (SIGKILL) or freeze (SIGSTOP).
    """

    name: str
    command: Sequence[str]
    folder: Path
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    kill_seconds: tuple[float, float] = (0.1, 3.0)
    freeze_seconds: tuple[float, float] = (0.5, 6.0)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    @property
    def log(self) -> Path:
        """Where its output is."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it, and wait until it is ready; raises EventBusError when that takes a minute."""
        with self._lock:
            if self._process is None:
                self._process = self._launch()
                self._await_ready()

    def stop(self) -> None:
        """Ask it to end; after 20 seconds, end it."""
        with self._lock:
            if self._process is None:
                return
            for number in (signal.SIGCONT, signal.SIGTERM):
                self._signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self.kill()

    def kill(self, random: Random | None = None) -> None:
        """End it and its children at once, without a chance to tidy up."""
        with self._lock:
            if self._process is not None:
                self._signal(signal.SIGKILL)
                self._process.wait()
                self._process = None

    def faults(self) -> Sequence[Fault]:
        """It may be killed, or frozen for a while."""
        kill = Fault(
            victim=self.name,
            name="kill",
            begin=self.kill,
            end=self.start,
            seconds=self.kill_seconds,
            weight=3,
        )
        freeze = Fault(
            victim=self.name, name="freeze", begin=self._freeze, end=self._thaw, seconds=self.freeze_seconds
        )
        return kill, freeze

    def ended(self) -> str:
        """How it ended by itself, after which it is started again."""
        with self._lock:
            code = self._process.poll() if self._process else None
            if code is None:
                return ""
            words = self._last_words()
            self.kill()
            self.start()
        return f"{self.name} ended with {code}; its last words: {words}"

    def _launch(self) -> "subprocess.Popen[bytes]":
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                list(self.command),
                cwd=self.cwd,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        # Whoever comes after a killed run finds here what it has left behind.
        (self.folder / f"{self.name}.pid").write_text(f"{process.pid}\n")
        return process

    def _await_ready(self) -> None:
        assert self._process
        deadline = monotonic() + READY_SECONDS
        while not self.ready():
            if monotonic() > deadline or self._process.poll() is not None:
                raise EventBusError(
                    f"{self.name} was started and is not ready: {self._last_words()}. Read {self.log}."
                )
            sleep(0.05)

    def _freeze(self, random: Random) -> None:
        self._signal(signal.SIGSTOP)

    def _thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " / ".join(lines[-3:]) or "nothing"
