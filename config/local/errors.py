"""What can go wrong while preparing a machine; each is shown as one sentence, without a traceback."""


class LocalError(Exception):
    """Something on this machine keeps the shop from running; the text says what, and what to do."""


class NoServer(LocalError):
    """Neither an installed server nor its wheel could be used."""


class ServerDidNotStart(LocalError):
    """A server was found and started, but never answered."""


class PortInUse(LocalError):
    """Another program listens where the shop should."""


class AlreadyRunning(LocalError):
    """A second `make run` in the same folder."""
