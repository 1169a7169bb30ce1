"""Outages on demand: the processor or the carrier answers 503, until it is told otherwise or its time is up.

    POST /v1/outages {"of": "processor", "seconds": 30}     0 ends it

An outage lives in the server's memory: a new process works.
"""

import time
from typing import Annotated, Literal

import msgspec

from payments.sandbox.answers import Answer, Problem, parse
from payments.sandbox.store import Store

LONGEST_SECONDS = 120
_PATHS = {"processor": ("/v1/charges",), "carrier": ("/v1/shipments", "/v1/tracking")}


class OutageRequest(msgspec.Struct):
    """Who is out of order, and for how long at most."""

    of: Literal["processor", "carrier"]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)]


def set_outage(store: Store, body: bytes) -> Answer:
    """Begin an outage, or end it."""
    request = parse(OutageRequest, body)
    store.outages[request.of] = time.monotonic() + request.seconds
    return Answer(200, {"of": request.of, "seconds": request.seconds})


def need_power(store: Store, path: str) -> None:
    """Refuse to work while there is an outage."""
    for name, prefixes in _PATHS.items():
        if path.startswith(prefixes) and time.monotonic() < store.outages.get(name, 0.0):
            raise Problem(503, f"{name}_down", f"The {name} is out of order.")
