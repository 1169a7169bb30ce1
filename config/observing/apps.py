"""The app that watches."""

from django.apps import AppConfig
from django_structlog import signals
from django_structlog.celery.receivers import CeleryReceiver

from config.observing.middleware import add_duration


class ObservingConfig(AppConfig):
    """Begins to watch once every room is loaded."""

    name = "config.observing"
    label = "observing"

    def ready(self) -> None:
        """Hook into requests and the bus."""
        # As django_structlog's own app would. That one is not installed: it brings a module `commands`, which
        # is where the bus looks for messages.
        self.receiver = CeleryReceiver()
        self.receiver.connect_signals()
        signals.bind_extra_request_finished_metadata.connect(add_duration)
        signals.bind_extra_request_failed_metadata.connect(add_duration)
