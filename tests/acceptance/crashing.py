"""Makes workers that are killed at a moment of their own: `python -m tests.acceptance.crashing`.

Each line on its input names the sandbox and a moment (subscription, message, point); the answer is the exit
code of the worker. Without a moment it lives on, and the answer begins with every moment that it came by. The
workers are forks of a process that has opened no connection, so each begins with connections of its own.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, NamedTuple

import django
from django.conf import settings
from msgspec.structs import replace

if __name__ == "__main__":
    django.setup()

from eventbus.messages import Message
from eventbus.subscriptions import Call, subscriptions
from eventbus.testing import drain

BEFORE, AFTER, RECORDED = "before", "after", "recorded"


class Moment(NamedTuple):
    """When a worker dies: as it begins to handle a message, once it has, or once it has recorded a call."""

    subscription: str
    message: str
    point: str


Visit = Callable[[Moment], object]


def watch(visit: Visit) -> None:
    """Have `visit` called at every moment of every handler, saga and projection from now on."""
    for subscription in subscriptions():
        consumer = subscription.consumer
        if subscription.queue in ("projections", "sagas"):
            consumer.calls = {
                cls: _watched(call, subscription.name, visit) for cls, call in consumer.calls.items()
            }
        else:
            consumer.call = _watched(consumer.call, subscription.name, visit)


def _watched(call: Call, name: str, visit: Visit) -> Call:
    @wraps(call.function)
    def function(*arguments: Any) -> Any:
        (message,) = (type(a).contract.name for a in arguments if isinstance(a, Message))
        visit(Moment(name, message, BEFORE))
        result = call.function(*arguments)
        visit(Moment(name, message, AFTER))
        if not callable(result):
            return result

        def record() -> None:
            result()
            visit(Moment(name, message, RECORDED))

        return record

    return replace(call, function=function)


def serve() -> None:
    """For each line of the input, let a worker live until its moment, and say how it ended."""
    for line in sys.stdin:
        sandbox_url, *moment = line.split()
        worker = os.fork()
        if not worker:
            settings.SANDBOX_URL = sandbox_url
            watch(partial(_live_until, Moment(*moment) if moment else None))
            drain()
            os._exit(0)
        _, status = os.waitpid(worker, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _live_until(last: Moment | None, now: Moment) -> None:
    if last is None:
        print(*now, flush=True)
    elif now == last:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve()
