"""The breakers in the admin: which dependencies are called, and opening and closing them by hand."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from msgspec import Struct

from eventbus import breakers
from eventbus.admin.console import ConsoleAdmin, asked, may
from eventbus.admin.reading import actor
from eventbus.errors import EventBusError
from eventbus.looking.standing import standings
from eventbus.models import Breaker

LONGEST_MINUTES = 7 * 24 * 60


class Dependency(Struct, frozen=True, kw_only=True):
    """A dependency: who calls it, what waits for it, and its breaker, where it has failed before."""

    name: str
    callers: list[str]
    waiting: int
    breaker: Breaker | None

    @property
    def state(self) -> str:
        """Closed: calls go out. Open: none does. To be probed: the next call decides."""
        if self.breaker is None or self.breaker.open_until is None:
            return "closed"
        return "open" if self.breaker.open_until > timezone.now() else "to be probed"


def dependencies() -> list[Dependency]:
    """Every dependency that a subscription names, and those that a breaker remembers."""
    known = {breaker.dependency: breaker for breaker in Breaker.objects.all()}
    callers = [one for one in standings() if one.subscription.dependency]
    names = {one.subscription.dependency for one in callers} | known.keys()
    return [
        Dependency(
            name=name,
            callers=[one.name for one in callers if one.subscription.dependency == name],
            waiting=sum(one.waiting for one in callers if one.subscription.dependency == name),
            breaker=known.get(name),
        )
        for name in sorted(names)
    ]


@admin.register(Breaker)
class BreakerAdmin(ConsoleAdmin):
    """The dependencies, and whether they are called."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page; a POST carries out an act."""
        self.need(request, "view_breaker")
        if request.method == "POST":
            return self._act(request)
        return self.show(
            request,
            "breakers",
            "Breakers",
            dependencies=dependencies(),
            may_operate=may(request, "change_breaker"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One breaker is shown among the others."""
        return redirect("admin:eventbus_breaker_changelist")

    def _act(self, request: HttpRequest) -> HttpResponse:
        self.need(request, "change_breaker")
        name, why = asked(request.POST, "dependency"), asked(request.POST, "reason")
        minutes = request.POST.get("minutes", "")
        try:
            match act := request.POST.get("act", ""):
                case "open":
                    length = min(int(minutes) if minutes.isdecimal() else 60, LONGEST_MINUTES)
                    until = timezone.now() + timedelta(minutes=length)
                    breakers.hold_open(name, until, actor=actor(request), reason=why)
                    self.done(request, f"{name} is not called before its time is over.")
                case "close":
                    breakers.close(name, actor=actor(request), reason=why)
                    self.done(request, f"{name} is called again, from now.")
                case _:
                    raise EventBusError(f"There is no act {act!r} for a breaker.")
        except EventBusError as refusal:
            self.refused(request, refusal)
        return redirect(request.path)
