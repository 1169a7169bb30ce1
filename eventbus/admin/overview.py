"""The overview: whether the bus is well, at a glance, and the next step for everything that is not."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from eventbus import partitions
from eventbus.admin.console import ConsoleAdmin
from eventbus.doctor import Severity, examine, worst
from eventbus.doctor.findings import Finding
from eventbus.looking.standing import Standing, last_work, standings
from eventbus.looking.traffic import traffic
from eventbus.models import SagaState
from eventbus.stories import stuck

# Where a person sees more of what a check has found.
_PAGES = {
    "lag": "eventbus_checkpoint_changelist",
    "pauses": "eventbus_checkpoint_changelist",
    "overdue": "eventbus_checkpoint_changelist",
    "leases": "eventbus_failures",
    "dead letters": "eventbus_failures",
    "unknown messages": "eventbus_failures",
    "breakers": "eventbus_breaker_changelist",
    "projections": "eventbus_checkpoint_changelist",
    "rebuilds": "eventbus_checkpoint_changelist",
    "lanes": "eventbus_checkpoint_changelist",
    "sagas": "eventbus_sagastate_changelist",
    "arrivals": "eventbus_arrival_changelist",
}
_SAID = {
    Severity.OK: "All is well.",
    Severity.WARNING: "Something wants looking at.",
    Severity.CRITICAL: "Something is broken.",
}


def overview(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The page."""
    admin.need(request, "view_checkpoint")
    findings = sorted(examine(), key=lambda finding: -finding.severity)
    standing = standings()
    severity = worst(findings)
    return admin.show(
        request,
        "overview",
        "Message bus",
        severity=severity.name.lower(),
        said=_SAID[severity],
        troubles=_grouped(finding for finding in findings if finding.severity),
        well=[_told(finding) for finding in findings if not finding.severity],
        tiles=_tiles(standing),
        queues=sorted(last_work().items()),
    )


def _grouped(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What asks for the same step stands together."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.check, finding.step), []).append(finding)
    return [
        _told(group[0]) | {"means": [f"{one.means}{one.private}" for one in group]}
        for group in groups.values()
    ]


def _told(finding: Finding) -> dict[str, Any]:
    page = _PAGES.get(finding.check)
    return {
        "finding": finding,
        "severity": finding.severity.name.lower(),
        "is_command": finding.step.startswith("manage.py"),
        "page": reverse(f"admin:{page}") if page else "",
    }


def _tiles(standing: list[Standing]) -> dict[str, Any]:
    """The figures that are read first."""
    behind = [one for one in standing if one.unread]
    slowest = max(behind, key=lambda one: one.unread.age_seconds if one.unread else 0, default=None)
    parts = partitions.partitions()
    return {
        "traffic": traffic(),
        "slowest": slowest,
        "dead": sum(one.dead for one in standing),
        "waiting": sum(one.waiting for one in standing),
        "paused": [one.name for one in standing if one.pause],
        "running_sagas": SagaState.objects.filter(status=SagaState.Status.RUNNING).count(),
        "stuck_sagas": stuck().count(),
        "messages": sum(part.rows for part in parts),
        "partitions": len(parts),
        "bytes": sum(part.bytes for part in parts),
    }
