"""Pages behind a signed link."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from orders.errors import LinkExpired, LinkNotValid

View = Callable[[HttpRequest, str], HttpResponse]


def by_link(page: View) -> View:
    """The page, for who has a link that is good; else that there is none, or how to have a new link sent."""

    @wraps(page)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            return page(request, token)
        except LinkNotValid as invalid:
            raise Http404(str(invalid)) from None
        except LinkExpired:
            return render(request, "orders/expired.html", status=410)

    return opened
