"""Addresses below `/api/`."""

from typing import Any

from django.http import Http404
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from config.api import pages


@extend_schema(exclude=True)
class Entrance(APIView):
    """The shop's API. `docs` describes it, `schema` does for programs."""

    def get(self, request: Request) -> Response:
        """Where to begin."""
        names = ("api-products", "api-categories", "api-carts", "api-docs", "api-schema")
        return Response({name.removeprefix("api-"): reverse(name, request=request) for name in names})


@extend_schema(exclude=True)
class Nowhere(APIView):
    """An address that is none."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """There is nothing here, whatever the method."""
        raise Http404


urlpatterns = [
    path("v1/", Entrance.as_view(), name="api-entrance"),
    path("v1/", include("catalog.api.urls")),
    path("v1/", include("inventory.api")),
    path("v1/", include("orders.api.urls")),
    path("v1/", include("eventbus.api.urls")),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("docs/", pages.documentation, name="api-docs"),
    path("problems/", pages.all_problems, name="api-problems"),
    path("problems/<slug:code>/", pages.problem, name="api-problem"),
    path("v1/<path:rest>", Nowhere.as_view()),
]
