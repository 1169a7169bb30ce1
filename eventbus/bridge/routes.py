"""`EVENTBUS["BRIDGE"]`: who we are, what goes to whom, what comes in, and whose consumers run elsewhere."""

from typing import Any

from django.conf import settings
from msgspec import Struct, field

from eventbus.messages import Message
from eventbus.registry import message_classes

LEASE_SECONDS = 20.0
RECEIVER_LOCK = 0x6272696467650001
"""The advisory lock that the receiving process holds: several may run, one receives."""


class Routes(Struct, frozen=True, kw_only=True):
    """The settings of the bridge; without a name there is none.

    send: the types that go to each other side, by its name. receive: the types that are taken in. elsewhere:
    labels of the apps whose handlers, projections and sagas run over there.
    """

    name: str = ""
    broker: str = ""
    source: str = ""
    send: dict[str, list[str]] = field(default_factory=dict)
    receive: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    lease_seconds: float = LEASE_SECONDS

    def classes_for(self, peer: str) -> tuple[type[Message], ...]:
        """The message classes that go to `peer`."""
        wanted = self.send[peer]
        return tuple(cls for cls in message_classes() if cls.contract.name in wanted)


def routes() -> Routes:
    """The bridge as the settings have it."""
    told: dict[str, Any] = getattr(settings, "EVENTBUS", {}).get("BRIDGE", {})
    if not told:
        return Routes()
    return Routes(
        name=told["NAME"],
        broker=told["BROKER"],
        source=told.get("SOURCE", f"urn:bridge:{told['NAME']}"),
        send={peer: list(types) for peer, types in told.get("SEND", {}).items()},
        receive=frozenset(told.get("RECEIVE", ())),
        elsewhere=frozenset(told.get("ELSEWHERE", ())),
        lease_seconds=told.get("LEASE_SECONDS", LEASE_SECONDS),
    )
