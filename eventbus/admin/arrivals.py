"""Arrivals in the admin: what the bridge brought and nobody could take, and trying again or discarding it."""

import json
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from eventbus.admin.console import ConsoleAdmin, asked, chosen, may
from eventbus.admin.reading import actor
from eventbus.bridge import inbox
from eventbus.errors import EventBusError
from eventbus.looking.arriving import decided, held, with_behind
from eventbus.models import Arrival


@admin.register(Arrival)
class ArrivalAdmin(ConsoleAdmin):
    """What is held, and a page for each arrival."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What is held, by source; a POST has the chosen ones tried again, or discards them."""
        self.need(request, "view_arrival")
        if request.method == "POST":
            return self._decide(request, chosen(request, "arrival"))
        text = asked(request.GET, "q")
        found = held(text)
        return self.show(
            request,
            "arrivals",
            "Arrivals",
            sources=found,
            refused=sum(one.refused for one in found),
            parked=sum(one.parked for one in found),
            waiting=sum(one.waiting for one in found),
            text=text,
            may_operate=may(request, "change_arrival"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one arrival; a POST decides about it."""
        self.need(request, "view_arrival")
        number = int(object_id) if object_id.isdecimal() else 0
        arrival: Any = with_behind(Arrival.objects.filter(pk=number)).first()
        if arrival is None:
            raise Http404(f"There is no arrival {object_id}.")
        if request.method == "POST":
            return self._decide(request, [arrival.pk])
        return self.show(
            request,
            "arrival",
            f"Arrival {arrival.pk}",
            arrival=arrival,
            body=_readable(arrival.body),
            acts=decided(arrival),
            may_operate=arrival.state in inbox.HELD and may(request, "change_arrival"),
        )

    def _decide(self, request: HttpRequest, ids: list[int]) -> HttpResponse:
        self.need(request, "change_arrival")
        why, who = asked(request.POST, "reason"), actor(request)
        try:
            if not ids:
                raise EventBusError("Nothing was chosen.")
            match act := request.POST.get("act", ""):
                case "retry":
                    taken = inbox.retry(ids, actor=who, reason=why)
                    self.done(request, f"Tried again; taken with what waited: {taken}.")
                case "discard":
                    gone = inbox.discard(ids, actor=who, reason=why)
                    self.done(request, f"Discarded: {gone}. What waited goes on.")
                case _:
                    raise EventBusError(f"There is no act {act!r} for an arrival.")
        except EventBusError as refusal:
            self.refused(request, refusal)
        return redirect(request.get_full_path())


def _readable(body: str) -> str:
    """The body as it came; where it is JSON, one field a line."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
