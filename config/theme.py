"""Light or dark, as the reader chose it; without a choice the page follows the reader's system."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("light", "dark")
_COOKIE = "theme"
_A_YEAR_SECONDS = 365 * 24 * 3600


def theme(request: HttpRequest) -> dict[str, object]:
    """Context processor: the theme that was chosen, empty where none was."""
    chosen = request.COOKIES.get(_COOKIE, "")
    return {"theme": chosen if chosen in THEMES else ""}


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie, and go back to the page it was made on."""
    wanted, back = request.POST.get("theme", ""), request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if wanted in THEMES:
        response.set_cookie(
            _COOKIE,
            wanted,
            max_age=_A_YEAR_SECONDS,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(_COOKIE, samesite="Lax")
    return response
