"""The app that keeps what the API's conventions need."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """No rules of the shop: those are in its rooms."""

    name = "config.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
