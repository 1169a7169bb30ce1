"""What the pages of accounts have in common."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

form_page = require_http_methods(["GET", "HEAD", "POST"])
secret = sensitive_post_parameters()


def page(request: HttpRequest, name: str, /, *, status: int = 0, **context: Any) -> HttpResponse:
    """The page of this name; 422 where one of its forms was sent, for then something in it is wrong."""
    bound = any(each.is_bound for each in context.values() if isinstance(each, Form))
    return render(request, f"accounts/{name}.html", context, status=status or (422 if bound else 200))


def safe_place(request: HttpRequest, place: str) -> str:
    """Only a page of this shop: a link must not lead through us to somebody else's."""
    own = url_has_allowed_host_and_scheme(place, {request.get_host()}, require_https=request.is_secure())
    return place if own else ""
