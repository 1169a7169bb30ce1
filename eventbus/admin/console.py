"""What the console's pages have in common: their look, their menu, and parts that are fetched again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from eventbus.admin.reading import ReadOnlyAdmin
from eventbus.bridge.routes import routes
from eventbus.errors import EventBusError

PART_HEADER = "X-Console-Part"
"""The script asks for the live part of a page with it: the same address, without what stands around."""

OF_THE_BRIDGE = {"eventbus_arrival_changelist"}
DIGITS = 19
"""A number of fewer digits fits into the column of an id."""

# Title, the page's name in the admin, and who may open it.
PAGES = (
    ("Overview", "eventbus_overview", "eventbus.view_checkpoint"),
    ("Failures", "eventbus_failures", "eventbus.view_delivery"),
    ("Subscriptions", "eventbus_checkpoint_changelist", "eventbus.view_checkpoint"),
    ("Messages", "eventbus_message_changelist", "eventbus.view_message"),
    ("Map", "eventbus_map", "eventbus.view_message"),
    ("Sagas", "eventbus_sagastate_changelist", "eventbus.view_sagastate"),
    ("Arrivals", "eventbus_arrival_changelist", "eventbus.view_arrival"),
    ("Breakers", "eventbus_breaker_changelist", "eventbus.view_breaker"),
    ("Decisions", "eventbus_act_changelist", "eventbus.view_act"),
)


class ConsoleAdmin(ReadOnlyAdmin):
    """A model whose pages are pages of the console."""

    change_list_template = "eventbus/console/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Django's list, under the console's menu."""
        return super().changelist_view(request, {"menu": menu(request), **(extra_context or {})})

    def show(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        """A page; or, where only that is asked for, its live part."""
        part = "_" if PART_HEADER in request.headers else ""
        page = {
            **self.admin_site.each_context(request),
            "title": title,
            "menu": menu(request),
            "request": request,
            **context,
        }
        response = TemplateResponse(request, f"eventbus/console/{part}{template}.html", page)
        response["Vary"] = PART_HEADER
        return response

    def need(self, request: HttpRequest, permission: str) -> None:
        """Refuse who lacks a permission of the bus."""
        if not may(request, permission):
            raise PermissionDenied

    def done(self, request: HttpRequest, said: str) -> None:
        """Tell the person that it was done."""
        self.message_user(request, said, messages.SUCCESS)

    def refused(self, request: HttpRequest, refusal: EventBusError) -> None:
        """Tell the person why not."""
        self.message_user(request, str(refusal), messages.ERROR)


def asked(values: QueryDict, name: str) -> str:
    """What was typed into a field, without NUL: no column takes it."""
    return values.get(name, "").replace("\x00", "").strip()


def chosen(request: HttpRequest, name: str) -> list[int]:
    """The rows whose boxes were ticked, by their numbers."""
    return [int(one) for one in request.POST.getlist(name) if one.isdecimal() and len(one) < DIGITS]


def may(request: HttpRequest, permission: str) -> bool:
    """Whether this person has a permission of the bus, such as "view_message"."""
    return request.user.has_perm(f"eventbus.{permission}")


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The console's pages that this person may open, and which of them this is."""
    items = [
        {"title": title, "url": reverse(f"admin:{page}")}
        for title, page, permission in PAGES
        if request.user.has_perm(permission) and (routes().name or page not in OF_THE_BRIDGE)
    ]
    here = max((item["url"] for item in items if request.path.startswith(item["url"])), key=len, default=None)
    return [item | {"here": item["url"] == here} for item in items]
