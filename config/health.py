"""What load balancers ask: is the process alive, and can it serve?

Reasons name no process, address or error text: anybody may ask. `manage.py eventbus_doctor` tells all.
"""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventbus import vital_signs

Reason = dict[str, str]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; the database is not asked."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the shop can serve: 503 with the reasons when something is critical, else 200 with warnings."""
    try:
        reasons = _unapplied() or _signs()
    except DatabaseError:
        reasons = [_reason("database", "critical", "The database does not answer.")]
    severities = {reason["severity"] for reason in reasons}
    status = next((name for name in ("critical", "warning") if name in severities), "ok")
    return JsonResponse({"status": status, "reasons": reasons}, status=503 if status == "critical" else 200)


def _reason(check: str, severity: str, means: str, step: str = "") -> Reason:
    return {"check": check, "severity": severity, "means": means, "step": step}


def _signs() -> list[Reason]:
    return [_reason(f.check, f.severity.name.lower(), f.means, f.step) for f in vital_signs() if f.severity]


def _unapplied() -> list[Reason]:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = sorted(".".join(key) for key in _known() - applied)
    if not missing:
        return []
    return [_reason("migrations", "critical", f"Not applied: {', '.join(missing)}.", "manage.py migrate")]


@cache
def _known() -> set[tuple[str, str]]:
    """The migrations of this code, read once."""
    return set(MigrationLoader(None).disk_migrations)
