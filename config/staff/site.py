"""The site that every room's admin classes are registered with."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase

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

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Register the models with their admin class, dressed for the looks that are installed."""
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        super().register(models, dressed(admin_class or ModelAdmin), **options)
