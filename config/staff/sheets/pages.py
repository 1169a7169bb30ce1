"""The pages of the sheets: out, in, and the report between."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.timezone import localdate

from config.staff.models import Upload
from config.staff.sheets import cells
from config.staff.sheets.cells import NotASheet
from config.staff.sheets.importing import Report, carry_out, trial
from config.staff.sheets.kinds import KINDS, Kind

SHOWN = 500


def urls() -> list[URLPattern]:
    """Where they are in the admin."""
    view = admin.site.admin_view
    return [
        path("sheets/", view(overview), name="staff_sheets"),
        path("sheets/<str:name>.csv", view(export), name="staff_export"),
        path("sheets/<str:name>/", view(upload), name="staff_upload"),
        path("sheets/<str:name>/<uuid:upload_id>/", view(report), name="staff_report"),
    ]


def overview(request: HttpRequest) -> HttpResponse:
    """What can be taken out and put in."""
    seen = [kind for kind in KINDS.values() if _sees(request, kind)]
    offered = [(kind, request.user.has_perms(kind.changes)) for kind in seen]
    mine = Upload.objects.filter(applied_at__isnull=False, kind__in=[kind.name for kind in seen])
    return _page(request, "sheets", "Sheets", offered=offered, uploads=mine.defer("text")[:10])


def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """The sheet, row by row: however many there are, no more than a chunk of them is held."""
    kind = _kind(request, name)
    answer = StreamingHttpResponse(
        cells.written(kind.columns, kind.rows()), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{kind.name}-{localdate()}.csv"'
    return answer


def upload(request: HttpRequest, name: str) -> HttpResponse:
    """Take a sheet, and show what it would change."""
    kind = _kind(request, name, changing=True)
    file = request.FILES.get("sheet")
    if request.method != "POST" or file is None:
        return redirect("admin:staff_sheets")
    who = request.user.get_username()
    try:
        text = cells.decoded(file.read(cells.LONGEST + 1))
        trial(kind, text, who)
    except NotASheet as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:staff_sheets")
    kept = Upload.objects.create(kind=kind.name, file_name=str(file.name)[:255], text=text, uploaded_by=who)
    return redirect("admin:staff_report", kind.name, kept.pk)


def report(request: HttpRequest, name: str, upload_id: UUID) -> HttpResponse:
    """What the sheet would change; and with the button, change it."""
    kind = _kind(request, name, changing=True)
    kept = get_object_or_404(Upload, pk=upload_id, kind=name)
    who = request.user.get_username()
    if request.method == "POST":
        _told(request, kept, carry_out(kind, kept.text, who))
        return redirect(request.path)
    found = trial(kind, kept.text, who)
    shown = {"changes": found.changes[:SHOWN], "bad": found.bad[:SHOWN], "most": SHOWN}
    return _page(
        request, "sheet", f"{kind.title}: {kept.file_name}", kind=kind, upload=kept, found=found, **shown
    )


def _told(request: HttpRequest, kept: Upload, done: Report) -> None:
    if done.changes:
        count = len(done.changes)
        kept.applied_at, kept.changes = datetime.now(UTC), kept.changes + count
        kept.save(update_fields=["applied_at", "changes"])
        said = f"{kept.kind}: {count} change{pluralize(count)}"
        LogEntry.objects.log_actions(
            int(request.user.pk or 0), [kept], CHANGE, f"Imported {said}.", single_object=True
        )
        messages.success(request, f"Imported {said}.")
    if done.bad:
        line, why = done.bad[0]
        messages.error(request, f"Line {line} was refused: {why} Nothing of its batch was changed.")


def _sees(request: HttpRequest, kind: Kind) -> bool:
    return request.user.has_perm(kind.sees)


def _kind(request: HttpRequest, name: str, *, changing: bool = False) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise Http404(f"There is no sheet of {name}.")
    if not _sees(request, kind) or (changing and not request.user.has_perms(kind.changes)):
        raise PermissionDenied
    return kind


def _page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **more}
    return TemplateResponse(request, f"admin/staff/{template}.html", context)
