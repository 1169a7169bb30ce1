from django.apps import AppConfig
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class EventBusConfig(AppConfig):
    name = "eventbus"
    verbose_name = "Event bus"

    def ready(self) -> None:
        """Find every room's messages, handlers, projections and sagas."""
        from eventbus import checks, guards  # noqa: F401, PLC0415

        if guards.enabled():
            guards.install()
        autodiscover_modules("events", "commands", "handlers", "projections", "sagas")
        post_migrate.connect(_register_subscriptions, sender=self)


def _is_up_to_date() -> bool:
    loader = MigrationLoader(connection)
    return set(loader.graph.leaf_nodes("eventbus")) <= loader.applied_migrations.keys()


def _register_subscriptions(**_: object) -> None:
    from eventbus import cluster  # noqa: PLC0415
    from eventbus.checkpoints import ensure_checkpoints  # noqa: PLC0415
    from eventbus.errors import RestoredCluster  # noqa: PLC0415
    from eventbus.partitions import ensure_ahead  # noqa: PLC0415

    if not _is_up_to_date():  # migrated back: this code would look for columns that are gone
        return
    ensure_ahead()
    try:
        ensure_checkpoints(release=True)
    except RestoredCluster as refusal:  # a restored log may be migrated before it is re-based
        cluster.say_once(refusal)
