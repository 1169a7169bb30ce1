"""What can go wrong on the bus; every message says who did what, what was expected and what to do."""


class EventBusError(Exception):
    """Anything the bus refuses or reports."""


class NoTransaction(EventBusError):
    """Raised by publish() and send() outside transaction.atomic.

    Example:

        try:
            publish(order_placed)
        except NoTransaction as refusal:
            assert "was published outside a transaction" in str(refusal)
    """


class ConcurrencyError(EventBusError):
    """Raised by publish(): two writers wanted one revision of a stream. Load the aggregate, decide again.

    Example:

        with transaction.atomic():
            publish(order_placed, revision=1)
        try:
            with transaction.atomic():
                publish(OrderCancelled(order_id=ORDER), revision=1)
        except ConcurrencyError as refusal:
            assert "Load it again and decide again." in str(refusal)
    """


class DefinitionError(EventBusError):
    """A message, handler, projection or saga is declared in a way the bus cannot use."""


class UnknownMessage(EventBusError):
    """This process has no class for a message's type or version; a newer process may have it."""


class ImpureFold(EventBusError):
    """A projection tried to do more than change its row."""


class RestoredCluster(EventBusError):
    """The log was restored into another Postgres cluster, where its transaction ids mean nothing yet."""


class NetworkInTransaction(EventBusError):
    """A consumer called out over a network while a database transaction was open."""


class LeaseLost(EventBusError):
    """An external call outlived its lease, and another worker has taken the delivery over."""


class LaneLost(EventBusError):
    """A handler has touched the checkpoint of its own lane: only the bus moves checkpoints."""


class NotRebuilt(EventBusError, AssertionError):
    """A projection's live rows differ from the rows rebuilt from the log."""


class UnknownSaga(EventBusError):
    """There is no saga of this name, or none has begun for this key."""


class SagaNotRunning(EventBusError):
    """The saga has ended: it cannot be led on any more."""


class StepNotDead(EventBusError):
    """The step has not failed for good: it is done, or still tried."""


class StepNotSkippable(EventBusError):
    """The saga waits for what comes of the step, and has no way to go on without it."""


class UnknownSubscription(EventBusError):
    """Nobody listens under this name."""


class NotPaused(EventBusError):
    """The subscription is at work: there is nothing to resume."""


class Reject(EventBusError):
    """Raised by a handler: this message can never succeed; make it a dead letter now, with this reason.

    Example:

        @handles
        def hold_goods(command: ReserveStock) -> None:
            if not Order.objects.filter(pk=command.order_id).exists():
                raise Reject(f"Order {command.order_id} does not exist.")
    """


class DependencyDown(EventBusError):
    """Raised by an external handler: the named dependency cannot be reached; try again later, for free.

    Example:

        @subscribe(external=True, dependency="carrier")
        def book_parcel(event: OrderPlaced) -> None:
            try:
                gateway.charge(order_id=event.order_id, key=event.order_id)
            except ConnectionError as down:
                raise DependencyDown("carrier") from down
    """


class RebuildFailed(EventBusError):
    """A projection's fold fails on a message of the log."""


class RebuildRefused(EventBusError):
    """A rebuild cannot run, or cannot end, as things are."""


class ArchivedStream(EventBusError):
    """Raised by `read_stream`: revisions are archived, and what is left of the stream is no history.

    Example:

        try:
            history = read_stream(f"order-{ORDER}")
        except ArchivedStream as archived:
            raise Reject(str(archived)) from archived
    """


class ArchiveRefused(EventBusError):
    """A part of the log cannot be archived or restored as things are."""
