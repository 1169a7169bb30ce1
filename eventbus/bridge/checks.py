"""System checks of the bridge's settings."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from eventbus.bridge.routes import Routes, routes
from eventbus.registry import message_classes


@register("eventbus")
def check_bridge(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What goes out must exist and go one way only, and who is elsewhere must be an app of ours."""
    return list(_wrong(routes()))


def _wrong(bridge: Routes) -> Iterator[CheckMessage]:
    known = [cls.contract.name for cls in message_classes()]
    for peer, types in bridge.send.items():
        for name in types:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"Did you mean {near[0]!r}?" if near else "Name a message of this project."
                says = f'EVENTBUS["BRIDGE"]["SEND"][{peer!r}]: {name!r} is no message.'
                yield Error(says, hint=hint, id="eventbus.E010")
            elif name in bridge.receive:
                says = f'EVENTBUS["BRIDGE"]: {name!r} is sent to {peer!r} and received as well.'
                yield Error(says, hint="A message goes over a bridge one way only.", id="eventbus.E011")
    for label in sorted(bridge.elsewhere - {app.label for app in apps.get_app_configs()}):
        says = f'EVENTBUS["BRIDGE"]["ELSEWHERE"]: {label!r} is no installed app.'
        hint = "Name the label of an app whose handlers run on the other side."
        yield Error(says, hint=hint, id="eventbus.E012")
