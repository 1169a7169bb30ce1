"""Subscriptions in the admin: how far, how fast, and pausing, resuming and rebuilding them."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from eventbus import jobs, pacing, pausing
from eventbus.admin.console import ConsoleAdmin, asked, may
from eventbus.admin.overview import overview
from eventbus.admin.reading import actor
from eventbus.errors import EventBusError
from eventbus.looking.standing import UNDER_WAY, Standing, standing, standings
from eventbus.models import Act, Checkpoint, RebuildJob

ACTS_SHOWN = 20
_RIGHTS = {
    "pause": "change_pause",
    "resume": "change_pause",
    "rebuild": "change_rebuild",
    "stop": "change_rebuild",
    "abandon": "change_rebuild",
}
_DONE = {
    "pause": "{} is paused. What has begun is finished; everything else waits in the log.",
    "resume": "{} goes on.",
    "rebuild": "The rebuild of {} was asked for; a worker begins it in a moment.",
    "stop": "The rebuild of {} ends after the batch it is in.",
    "abandon": "What the rebuild of {} had folded was thrown away; the live rows are as they were.",
}


@admin.register(Checkpoint)
class CheckpointAdmin(ConsoleAdmin):
    """Every subscription, and a page for each."""

    def get_urls(self) -> list[Any]:
        """The overview and the subscriptions' pages, beside Django's own."""
        see = self.admin_site.admin_view
        own: list[URLPattern] = [
            path("overview/", see(lambda request: overview(self, request)), name="eventbus_overview"),
            path("of/<str:name>/", see(self.one), name="eventbus_subscription"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The table of all."""
        self.need(request, "view_checkpoint")
        kinds: dict[str, list[Standing]] = {}
        pacing.measure()
        for one in sorted(standings(), key=lambda one: (-one.severity, one.name)):
            kinds.setdefault(one.kind, []).append(one)
        return self.show(request, "subscriptions", "Subscriptions", kinds=sorted(kinds.items()))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A lane is shown on its subscription's page."""
        lane = self.get_object(request, object_id)
        return redirect(
            reverse("admin:eventbus_subscription", args=[lane.subscription])
            if lane
            else reverse("admin:eventbus_checkpoint_changelist")
        )

    def one(self, request: HttpRequest, name: str) -> HttpResponse:
        """The page of one subscription; a POST carries out an act."""
        self.need(request, "view_checkpoint")
        if request.method == "POST":
            return self._act(request, name)
        pacing.measure()
        found = standing(name)
        if found is None:
            raise Http404(f"There is no subscription {name}.")
        return self.show(
            request,
            "subscription",
            f"Subscription {name}",
            one=found,
            at_work=bool(found.pause) and pausing.at_work(name),
            lanes=Checkpoint.objects.filter(subscription=name).order_by("shard"),
            types=sorted(found.subscription.types),
            job=_job(found.job),
            may_pause=may(request, "change_pause"),
            may_rebuild=found.kind == "projection" and may(request, "change_rebuild"),
            acts=Act.objects.filter(subscription=name).order_by("-pk")[:ACTS_SHOWN],
        )

    def _act(self, request: HttpRequest, name: str) -> HttpResponse:
        who, why = actor(request), asked(request.POST, "reason")
        act = request.POST.get("act", "")
        self.need(request, _RIGHTS.get(act, "change_pause"))
        try:
            match act:
                case "pause":
                    pausing.pause(name, actor=who, reason=why)
                case "resume":
                    pausing.resume(name, actor=who, reason=why)
                case "rebuild":
                    jobs.ask(name, actor=who, reason=why)
                case "stop":
                    jobs.stop(name, actor=who, reason=why)
                case "abandon":
                    jobs.abandon(name, actor=who, reason=why)
                case _:
                    raise EventBusError(f"There is no act {act!r} for a subscription.")
        except EventBusError as refusal:
            self.refused(request, refusal)
        else:
            self.done(request, _DONE[act].format(name))
        return redirect(request.path)


def _job(job: RebuildJob | None) -> dict[str, Any] | None:
    """A rebuild as its progress is shown."""
    if job is None:
        return None
    left = max(0, job.target - job.position)
    return {
        "job": job,
        "under_way": job.state in UNDER_WAY,
        "left_seconds": left / job.rate if job.rate and left else None,
        "exchanging": job.state == "running" and job.target and not left,
    }
