"""Pages about the API: how it is used, and what each problem means."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import problems
from config.api.reference import reference


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Every operation, and everything that is sent and answered."""
    return render(request, "api/reference.html", {"api": reference()})


@require_safe
def all_problems(request: HttpRequest) -> HttpResponse:
    """Every problem that the API may answer."""
    return render(request, "api/problems.html", {"problems": problems.problems().values()})


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """What one problem means: the address in its `type`."""
    found = problems.problems().get(code)
    if found is None:
        raise Http404(f"There is no problem {code}.")
    return render(request, "api/problem.html", {"problem": found})
