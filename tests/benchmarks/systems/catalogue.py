"""Every system of the comparison: what it is called, what it is made of, and which processes deliver."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One system. `workers` are arguments of Python, one process each.

    package: its name on PyPI, where it is not among the project's own packages. in_transaction: whether its
    message is part of the transaction that publishes it.
    """

    name: str
    title: str
    package: str
    apps: tuple[str, ...]
    workers: tuple[tuple[str, ...], ...]
    in_transaction: bool = True


QUEUES = "projections,sagas,handlers,external"
CELERY = ("-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "warning")
PGQUEUER = ("-m", "tests.benchmarks.systems.pgqueuer_worker")
PROCRASTINATE = ("manage.py", "procrastinate", "worker", "--concurrency", "10")

OURS = Entry("ours", "eventbus", "", ("eventbus",), (("manage.py", "relay"), (*CELERY, "-Q", QUEUES)))
PEERS = (
    Entry(
        "celery_tasks",
        "Celery, a task per event",
        "",
        (),
        ((*CELERY, "-Q", "benchmarks", "-I", "tests.benchmarks.systems.celery_tasks"),),
        in_transaction=False,
    ),
    Entry(
        "procrastinate_jobs",
        "procrastinate",
        "procrastinate",
        ("procrastinate.contrib.django",),
        (PROCRASTINATE, PROCRASTINATE),
    ),
    Entry("pgqueuer_jobs", "pgqueuer", "pgqueuer", (), (PGQUEUER, PGQUEUER)),
    Entry(
        "eventsourcing_log",
        "eventsourcing",
        "eventsourcing",
        (),
        (("-m", "tests.benchmarks.systems.eventsourcing_worker"),),
        in_transaction=False,
    ),
    Entry(
        "outbox_pattern",
        "django-outbox-pattern",
        "django-outbox-pattern",
        ("django_outbox_pattern",),
        (("manage.py", "publish"),),
    ),
)
SYSTEMS = (OURS, *PEERS)


def entry(name: str) -> Entry:
    """The system of that name."""
    return next(system for system in SYSTEMS if system.name == name)
