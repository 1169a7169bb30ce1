"""What can go wrong on the bus; every message says who did what, what was expected and what to do."""


class EventBusError(Exception):
    """Anything the bus refuses or reports."""


class NoTransaction(EventBusError):
    """publish() or send() was called outside transaction.atomic."""


class ConcurrencyError(EventBusError):
    """Two writers appended the same revision to one stream; reload the aggregate and decide again."""


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


class NotRebuilt(EventBusError, AssertionError):
    """A projection's live rows differ from the rows rebuilt from the log."""


class Reject(EventBusError):
    """Raised by a handler: this message can never succeed; make it a dead letter now, with this reason."""


class DependencyDown(EventBusError):
    """Raised by an external handler: the named dependency cannot be reached; try again later, for free.

    raise DependencyDown("carrier")  # the name in @handles(external=True, dependency="carrier")
    """


class RebuildFailed(EventBusError):
    """A projection's fold fails on a message of the log."""


class RebuildRefused(EventBusError):
    """A rebuild cannot run, or cannot end, as things are."""


class ArchivedStream(EventBusError):
    """Revisions of an event-sourced stream are archived: what is left is no history of it."""


class ArchiveRefused(EventBusError):
    """A part of the log cannot be archived or restored as things are."""
