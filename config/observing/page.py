"""/metrics: what Prometheus reads.

Who may read it shows METRICS_TOKEN as a bearer token. Without a token in the settings only this machine may,
directly and never in production: the numbers tell how well the shop does.
"""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from eventbus import measure


class Database(Collector):
    """What the database knows of all processes, on whichever machine."""

    def collect(self) -> Iterable[Metric]:
        """Ask it; where it does not answer, say that."""
        try:
            families = list(_families())
        except DatabaseError:
            families = []
        yield GaugeMetricFamily("eventbus_database_up", "Whether the database answers.", bool(families))
        yield from families

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return []


def _families() -> Iterator[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for number in measure():
        if number.name not in families:
            labels = list(number.labels)
            families[number.name] = GaugeMetricFamily(number.name, number.help, labels=labels)
        families[number.name].add_metric(list(number.labels.values()), float(number.value))
    yield from families.values()


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything that is counted, of all processes of this machine."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Database())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        return word.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    direct = "X-Forwarded-For" not in request.headers and "Forwarded" not in request.headers
    here = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
    return here and direct and not settings.PRODUCTION
