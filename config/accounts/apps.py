"""The app that knows who somebody is."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """On top of the rooms: they know an account by its number alone."""

    name = "config.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
