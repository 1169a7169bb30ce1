"""The site that every room's admin classes are registered with."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

FIGURES = "orders.view_salesbydayrow"
"""Who may see what was sold."""

if TYPE_CHECKING or not apps.is_installed("unfold"):

    class _Site(AdminSite):
        """Django's own looks."""

    def dressed(admin_class: type[Any]) -> type[Any]:
        """As it is."""
        return admin_class

else:
    from unfold.sites import UnfoldAdminSite as _Site

    from config.staff.dressing import dressed


class StaffSite(_Site):
    """The admin of the shop."""

    site_header = site_title = "Fernhill staff"
    index_title = "Today"

    def get_urls(self) -> list[Any]:
        """The pages that look into every room, before those of the rooms."""
        from config.staff.sheets import pages  # noqa: PLC0415 - it needs the models, which come later

        queue = path("queue/", self.admin_view(self.queue), name="staff_queue")
        return [queue, *pages.urls(), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Today: what waits, and the figures for who may see them."""
        from config.staff import dashboard, queue  # noqa: PLC0415 - they need the models, which come later

        items = queue.waiting_for(request.user)
        today: dict[str, Any] = {"counts": queue.counts(items), "waiting": len(items)}
        if request.user.has_perm(FIGURES):
            today |= dashboard.figures(request.GET)
        return super().index(request, today | (extra_context or {}))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Whoever has given their password, here or at the shop's door, is asked for their second factor."""
        from config.accounts.second_factor import door  # noqa: PLC0415 - it needs the models

        place = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        asked = door.ask(request, place) if request.method == "GET" else None
        return asked or super().login(request, extra_context)

    def queue(self, request: HttpRequest) -> HttpResponse:
        """What waits for a person."""
        from config.staff import queue  # noqa: PLC0415

        return queue.page(request, self.each_context(request))

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Register the models with their admin class, dressed for the looks that are installed."""
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        super().register(models, dressed(admin_class or ModelAdmin), **options)
