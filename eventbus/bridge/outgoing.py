"""Out: an ordinary subscription for each other side, which publishes and waits for the confirmation."""

import threading
from collections import Counter

from eventbus import subscriptions
from eventbus.bridge.routes import Routes, routes
from eventbus.bridge.transport import BrokerDown, Transport, connect
from eventbus.contracts.cloudevents import cloud_event, written
from eventbus.errors import DependencyDown
from eventbus.messages import Envelope, Message
from eventbus.models import Arrival
from eventbus.subscriptions import Call, Subscription

ATTEMPTS = 1000
"""Nothing of a message can be at fault here: only a process that dies again and again uses attempts up."""

sent: Counter[str] = Counter()
"""How many messages this process has sent, by whom to."""

_local = threading.local()


def declare() -> None:
    """Make known the subscriptions that the settings ask for."""
    bridge = routes()
    for peer in bridge.send:
        if classes := bridge.classes_for(peer):
            subscriptions.register(_subscription(peer, classes, bridge))


def lane_of(peer: str) -> str:
    """The subscription that sends to `peer`."""
    return f"bridge.{peer}"


def _subscription(peer: str, classes: tuple[type[Message], ...], bridge: Routes) -> Subscription:
    def forward(message: Message, envelope: Envelope) -> None:
        """Send it, unless it came over a bridge itself."""
        if not Arrival.objects.filter(message=envelope.id).exists():
            _publish(peer, envelope)

    forward.call = Call(forward, classes, True)  # type: ignore[attr-defined]
    return Subscription(
        name=lane_of(peer),
        queue="bridge",
        accepts=classes,
        consumer=forward,
        from_start=False,
        attempts=ATTEMPTS,
        lease_seconds=bridge.lease_seconds,
        dependency=f"the bridge to {peer}",
    )


def _publish(peer: str, envelope: Envelope) -> None:
    bridge = routes()
    body = written(cloud_event(envelope, source=bridge.source)).encode()
    try:
        _transport(bridge.broker).publish(peer, body)
    except BrokerDown as down:
        raise DependencyDown(f"the bridge to {peer}") from down
    sent[peer] += 1


def _transport(url: str) -> Transport:
    """This thread's connection to the broker."""
    known: tuple[str, Transport] | None = getattr(_local, "transport", None)
    if known is None or known[0] != url:
        known = (url, connect(url))
        _local.transport = known
    return known[1]
