"""The app that watches."""

import os

from django.apps import AppConfig, apps
from django_structlog import signals
from django_structlog.celery.receivers import CeleryReceiver


class ObservingConfig(AppConfig):
    """Begins to watch once every room is loaded."""

    name = "config.observing"
    label = "observing"

    def ready(self) -> None:
        """Hook into requests and the bus."""
        from config.observing.metrics import Counting  # noqa: PLC0415  (needs the rooms)
        from eventbus import observe  # noqa: PLC0415

        observe(Counting())
        if apps.is_installed("orders"):
            from config.observing.checkouts import Checkouts  # noqa: PLC0415  (needs orders)

            observe(Checkouts())
        if tracing_is_on():
            from config.observing import tracing  # noqa: PLC0415  (OpenTelemetry costs nothing while it is off)

            tracing.start()
        # As django_structlog's own app would. That one is not installed: it brings a module `commands`, which
        # is where the bus looks for messages.
        self.receiver = CeleryReceiver()
        self.receiver.connect_signals()
        from config.observing.middleware import add_duration  # noqa: PLC0415

        signals.bind_extra_request_finished_metadata.connect(add_duration)
        signals.bind_extra_request_failed_metadata.connect(add_duration)


def tracing_is_on() -> bool:
    """Whether OpenTelemetry's own variables say where spans go."""
    said = os.environ.get
    where = said("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or said("OTEL_EXPORTER_OTLP_ENDPOINT")
    off = said("OTEL_SDK_DISABLED", "").lower() == "true" or said("OTEL_TRACES_EXPORTER") == "none"
    return not off and bool(where or said("OTEL_TRACES_EXPORTER") == "otlp")
