"""The tables of the bus."""

from eventbus.models.acts import Act, Rebuild, RebuildJob
from eventbus.models.bridge import Arrival
from eventbus.models.delivery import Breaker, Checkpoint, Delivery, Pace, Pause
from eventbus.models.fields import CurrentXid, SnapshotField, Xid8Field
from eventbus.models.log import Archive, Cluster, Message, Stream
from eventbus.models.sagas import SagaState, Timer

__all__ = [
    "Act",
    "Archive",
    "Arrival",
    "Breaker",
    "Checkpoint",
    "Cluster",
    "CurrentXid",
    "Delivery",
    "Message",
    "Pace",
    "Pause",
    "Rebuild",
    "RebuildJob",
    "SagaState",
    "SnapshotField",
    "Stream",
    "Timer",
    "Xid8Field",
]
