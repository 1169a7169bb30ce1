"""How a request is taken whose outcome is still to come, and what requests are refused for."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from orders.api.answers import Receipt

Refusals = dict[str, tuple[type[Exception], ...]]
"""What a view's methods may be refused for, by method."""


def receipt(request: Request, token: str) -> Response:
    """202, and where to look for what becomes of it."""
    place = status_url(request, token)
    return Response(Receipt({"order": token, "status_url": place}).data, 202, headers={"Location": place})


def status_url(request: Request, token: str) -> str:
    """Where the order is read."""
    return reverse("api-order", args=[token], request=request)
