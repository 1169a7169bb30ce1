"""Where the payments' own process is called: webhooks, whether it is well, and what it has counted."""

from django.urls import include, path

from config import health
from config.observing import page

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", page.metrics),
    path("", include("payments.urls")),
]
