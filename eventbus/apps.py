from collections.abc import Collection
from importlib import import_module

from django.apps import AppConfig, apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules, module_has_submodule


class EventBusConfig(AppConfig):
    name = "eventbus"
    verbose_name = "Event bus"

    def ready(self) -> None:
        """Find every room's messages, handlers, projections and sagas."""
        from eventbus import checks, guards  # noqa: F401, PLC0415
        from eventbus.bridge import checks as bridge_checks  # noqa: F401, PLC0415
        from eventbus.bridge import outgoing, routes  # noqa: PLC0415

        if guards.enabled():
            guards.install()
        bridge = routes.routes()
        autodiscover_modules("events", "commands")
        for module in ("handlers", "projections", "sagas"):
            _discover(module, besides=bridge.elsewhere)
        if bridge.name:
            autodiscover_modules("arrivals")
            outgoing.declare()
        post_migrate.connect(_register_subscriptions, sender=self)


def _discover(module: str, besides: Collection[str]) -> None:
    """Import this module of every app that runs here."""
    for app in apps.get_app_configs():
        if app.label not in besides and app.module and module_has_submodule(app.module, module):
            import_module(f"{app.name}.{module}")


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
