"""The lab's pages. Without script, the page looks again by itself while an experiment runs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from config.lab import invariants, running
from config.lab.catalogue import BY_SLUG, EXPERIMENTS
from config.lab.experiments import Experiment
from config.lab.models import Run
from orders import queries, services

BEGUN = "lab-begun"
"""The event by which the page looks at the promises at once."""
FRESH = timedelta(seconds=30)
BUSY = "One thing at a time: “{}” is under way. Wait for its end, then try again."


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every experiment, and what holds."""
    busy = running.under_way()
    benches = [_bench(experiment, busy) for experiment in EXPERIMENTS]
    page = {"benches": benches, "look": invariants.look(), "busy": busy}
    return render(request, "lab/home.html", page)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What holds, now."""
    return render(request, "lab/_invariants.html", {"look": invariants.look(), "busy": running.under_way()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def experiment(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of an experiment; a POST begins it."""
    if slug not in BY_SLUG:
        raise Http404
    chosen = BY_SLUG[slug]
    refused = _begin(chosen) if request.method == "POST" else ""
    if request.headers.get("HX-Request"):
        bench = _bench(chosen, running.under_way()) | {"refused": refused}
        answer = render(request, "lab/_bench.html", {"bench": bench})
        if request.method == "POST":
            answer["HX-Trigger"] = BEGUN
        return answer
    if refused:
        messages.warning(request, refused)
    return redirect(f"{reverse('lab:home')}#{slug}")


def _begin(chosen: Experiment) -> str:
    """Why it is not begun; "" when it is."""
    if missing := chosen.missing():
        return missing
    if running.start(chosen) is not None:
        return ""
    busy = running.under_way()
    return BUSY.format(BY_SLUG[busy.experiment].title if busy else "another experiment")


def _bench(chosen: Experiment, busy: Run | None) -> dict[str, Any]:
    run = Run.objects.filter(experiment=chosen.slug).order_by("-pk").first()
    live = run is not None and busy is not None and run.pk == busy.pk
    if run is not None and not live and run.finished_at is None:
        run.failure = "Its process ended before the experiment did. The next one puts things right first."
    return {
        "experiment": chosen,
        "run": run,
        "live": live,
        "fresh": bool(run and run.finished_at and timezone.now() - run.finished_at < FRESH),
        "missing": chosen.missing(),
        "orders": _orders(run) if run and not live else [],
    }


def _orders(run: Run) -> list[dict[str, str]]:
    return [
        {"number": queries.order_state(UUID(order_id)).number, "token": services.order_token(UUID(order_id))}
        for order_id in run.orders
    ]
