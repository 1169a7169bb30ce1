"""Django's admin, with the shop's own site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS where django.contrib.admin would; every `admin.register` leads to our site."""

    default_site = "config.staff.site.StaffSite"


class StaffConfig(AppConfig):
    """The roles, and the log of what staff did."""

    name = "config.staff"
    label = "staff"
    default_auto_field = "django.db.models.BigAutoField"
