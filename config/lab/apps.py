"""The app behind `/lab/`."""

from django.apps import AppConfig


class LabConfig(AppConfig):
    """Installed with the sandbox only: settings.LAB_ENABLED."""

    name = "config.lab"
    label = "lab"
    default_auto_field = "django.db.models.BigAutoField"
