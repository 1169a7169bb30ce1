"""System checks: what the bus can tell before anything runs."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from eventbus import dispatch
from eventbus.messages import Command
from eventbus.registry import message_classes
from eventbus.subscriptions import subscriptions

MODES = ("celery", "inline", "manual")


@register("eventbus")
def check_dispatch(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """EVENTBUS["DISPATCH"] must name a way to deliver."""
    if dispatch.mode() in MODES:
        return []
    return [
        Error(
            f'EVENTBUS["DISPATCH"] is {dispatch.mode()!r}.',
            hint=f"Use one of {', '.join(MODES)}.",
            id="eventbus.E001",
        )
    ]


@register("eventbus")
def check_commands(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every command needs its one handler, here or over the bridge."""
    elsewhere = getattr(settings, "EVENTBUS", {}).get("BRIDGE", {}).get("ELSEWHERE", ())
    handled = {name for s in subscriptions() for name in s.types}
    orphans = [
        cls
        for cls in message_classes()
        if issubclass(cls, Command)
        and cls.contract.name not in handled
        and cls.__module__.partition(".")[0] not in elsewhere
    ]
    return [
        Warning(
            f"{cls.__name__} ({cls.contract.name}) has no handler; it would wait in the log for ever.",
            hint=f"Write a function annotated with {cls.__name__} and mark it @handles.",
            id="eventbus.W001",
        )
        for cls in orphans
    ]
