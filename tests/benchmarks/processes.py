"""The processes of a system: its agent, told what to do line by line, and its workers."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300.0


class SystemFailed(Exception):
    """A system did not do what was asked of it."""


class Process:
    """One Python process of a system, in a group of its own; what it prints goes to `log`.

    through: the program that starts it, with its arguments, where there is one.
    """

    answers = False

    def __init__(
        self,
        arguments: tuple[str, ...],
        environment: dict[str, str],
        log: Path,
        *,
        through: tuple[str, ...] = (),
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [*through, sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | environment,
                stdin=subprocess.PIPE if self.answers else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.answers else output,
                stderr=output,
                start_new_session=True,
            )

    def ask_to_stop(self) -> None:
        """Tell it and every child of it to end."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGTERM)

    def stop(self) -> None:
        """End it and every child of it."""
        self.ask_to_stop()
        try:
            self.popen.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
        for pipe in filter(None, (self.popen.stdin, self.popen.stdout)):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def last_words(self) -> str:
        """The last line it wrote."""
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")[-200:]


class Agent(Process):
    """A process of `systems.agent`."""

    answers = True

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        super().__init__(("-m", "tests.benchmarks.systems.agent"), environment, log)

    def call(self, function: str, **arguments: Any) -> Any:
        """Run `module.function` of tests/benchmarks/systems in the agent and return what it returns.

        Raises SystemFailed with what the function raised, or where the process ends or keeps silent.
        """
        assert self.popen.stdin
        assert self.popen.stdout
        request = json.dumps({"call": function, "arguments": arguments}) + "\n"
        try:
            self.popen.stdin.write(request.encode())
            self.popen.stdin.flush()
        except BrokenPipeError as error:
            raise SystemFailed(f"its process ended: {self.last_words()}") from error
        if not select.select([self.popen.stdout], [], [], PATIENCE_SECONDS)[0]:
            raise SystemFailed(f"{function} took longer than {PATIENCE_SECONDS:.0f} s")
        line = self.popen.stdout.readline()
        if not line:
            raise SystemFailed(f"its process ended: {self.last_words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemFailed(answer["error"])
        return answer["result"]
