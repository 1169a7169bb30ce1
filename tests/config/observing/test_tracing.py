"""A story as spans: request → publish → process → publish … → mail; and nothing of it while it is off."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from opentelemetry.trace.status import StatusCode

from config.observing import tracing
from config.observing.apps import tracing_is_on
from eventbus import Command, Event, publish
from eventbus.models import Message
from eventbus.testing import drain
from tests.docs.examples import blocks
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import ADA, Shopper, hidden_fields

ROOT = Path(__file__).resolve().parents[3]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"
# redis-py loads what it finds of OpenTelemetry by itself, whoever wants it; all else would be ours.
NOTHING_LOADED = """
import sys, redis
theirs = set(sys.modules)
import django; django.setup()
import config.celery, config.wsgi, eventbus.relay
ours = {name for name in set(sys.modules) - theirs if name.startswith("opentelemetry")}
assert not ours, f"loaded {ours}"
"""


class Traces:
    """The spans that have ended."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self.exporter = exporter

    def all(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span

    def line(self, span: ReadableSpan) -> list[str]:
        """The span's name and those above it, the topmost first."""
        above = {s.context.span_id: s for s in self.all()}
        names: list[str] = []
        found: ReadableSpan | None = span
        while found:
            names.insert(0, found.name)
            found = above.get(found.parent.span_id) if found.parent else None
        return names


@pytest.fixture
def traces(toy_bus: None) -> Iterator[Traces]:
    """OpenTelemetry switched on, for a connection made anew."""
    exporter = InMemorySpanExporter()
    stop = tracing.start(SimpleSpanProcessor(exporter))
    connection.close()
    yield Traces(exporter)
    stop()
    connection.close()


@transaction.atomic
def count(*numbers: int) -> None:
    publish(*(Counted(counter="a", number=number) for number in numbers))


def ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def linked(span: ReadableSpan) -> set[tuple[int, int]]:
    return {(link.context.trace_id, link.context.span_id) for link in span.links}


def test_an_order_is_one_trace_from_the_request_to_the_mail(
    traces: Traces, shopper: Shopper, sandbox: Sandbox
) -> None:
    shopper.pick("BOWL")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    drain()
    traces.exporter.clear()
    shopper.client.post("/checkout/", form, headers={"traceparent": CALLER})
    drain()

    first, second = traces.named("process orders.send_mail")
    assert traces.line(first) == [
        "POST checkout/",
        "publish orders.order_placed",
        "process orders.checkout",
        "publish inventory.reserve_stock",
        "process inventory.reserve_stock",
        "publish inventory.stock_reserved",
        "process orders.checkout",
        "publish payments.capture_payment",
        "settle payments.capture_payment",
        "publish payments.payment_captured",
        "process orders.checkout",
        "publish orders.confirm_order",
        "process orders.confirm_order",
        "publish orders.order_confirmed",
        "process orders.ask_for_confirmation",
        "publish orders.send_mail",
        "process orders.send_mail",
    ]
    story = [span for span in traces.all() if "messaging.system" in (span.attributes or {})]
    assert {f"{span.context.trace_id:032x}" for span in story} == {TRACE}
    told = [message.message()["traceparent"] for message in mail.outbox]
    assert told == [f"00-{TRACE}-{span.context.span_id:016x}-01" for span in (first, second)]


def drawn() -> Iterator[tuple[str, str]]:
    """Each span of the bus in the page's tree, behind the one above it."""
    (tree,) = blocks("docs/operate/tracing.md", "text")
    above: dict[int, str] = {}
    for line in tree.code.splitlines():
        found = re.fullmatch(r"([│├└─ ]*)(.+?)(?: {2,}.*| …)?", line)
        assert found
        depth = len(found[1]) // 3
        above[depth] = found[2]
        if depth and found[2].startswith(("publish ", "process ", "settle ")):
            yield above[depth - 1], found[2]


def test_the_tree_that_the_page_draws_is_an_orders(traces: Traces, shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    drain()

    names = {span.context.span_id: span.name for span in traces.all()}
    parents = {(names.get(span.parent.span_id), span.name) for span in traces.all() if span.parent}
    assert len(set(drawn())) > 10
    assert set(drawn()) - parents == set()


def test_a_request_is_named_by_its_route_and_tells_nobody_s_address(traces: Traces, shopper: Shopper) -> None:
    shopper.pick("BOWL")
    shopper.order()
    link = shopper.address.split("/")[2]
    shopper.client.get(
        f"{shopper.address}?mail=ada@example.com", RAW_URI=shopper.address
    )  # as gunicorn says it

    page = traces.named("GET orders/<str:token>/")[-1]
    assert page.attributes is not None
    assert page.attributes["http.route"] == "orders/<str:token>/"
    assert page.attributes["http.response.status_code"] == 200
    shown = str([(span.name, dict(span.attributes or {}), span.events) for span in traces.all()])
    assert [secret for secret in (*ADA.values(), "tok_visa") if secret and f"'{secret}" in shown] == []
    assert link not in shown


def test_a_message_says_what_the_conventions_ask_for(traces: Traces) -> None:
    count(1)
    drain()
    message = Message.objects.get()

    sent = traces.one("publish toys.counted")
    about = {
        "messaging.system": "eventbus",
        "messaging.destination.name": "toys.counted",
        "messaging.message.id": str(message.uuid),
        "messaging.message.conversation_id": str(message.correlation_id),
    }
    named = {"messaging.operation.name": "publish", "messaging.operation.type": "send"}
    assert (sent.kind, sent.attributes) == (SpanKind.PRODUCER, about | named)
    taken = traces.one("process toys.listener")
    named = {"messaging.operation.name": "process", "messaging.operation.type": "process"}
    here = {
        "messaging.destination.subscription.name": "toys.listener",
        "eventbus.position": message.position,
        "eventbus.attempt": 1,
    }
    assert (taken.kind, taken.attributes) == (SpanKind.CONSUMER, about | named | here)
    assert taken.parent is not None
    assert (taken.parent.trace_id, taken.parent.span_id) == ids(sent)
    assert message.headers["traceparent"].startswith(f"00-{ids(sent)[0]:032x}-{ids(sent)[1]:016x}-")


def test_a_batch_links_to_all_that_it_took(traces: Traces) -> None:
    count(1, 2)
    count(3)
    drain()

    created = {ids(span) for span in traces.named("create toys.counted")}
    single = ids(traces.one("publish toys.counted"))
    several = traces.one("publish")
    assert len(created) == 2
    assert (several.kind, linked(several)) == (SpanKind.CLIENT, created)
    fold = traces.one("process toys.counters")
    assert (fold.parent, linked(fold)) == (None, created | {single})
    assert (fold.attributes or {})["messaging.batch.message_count"] == 3
    handled = traces.named("process toys.listener")
    assert {span.parent and span.parent.span_id for span in handled} == {
        span for _, span in (*created, single)
    }


def test_a_failure_is_told_by_its_class_and_the_next_attempt_is_counted(traces: Traces) -> None:
    def fail(message: Event | Command) -> None:
        raise ValueError("ada@example.com")

    toys.behaviour["listener"] = fail
    count(1)
    drain()
    toys.behaviour.clear()
    drain(timezone.now() + timedelta(minutes=5))

    # The batch that fails is done again message by message.
    *failed, last = traces.named("process toys.listener")
    assert [span.status.status_code for span in failed] == [StatusCode.ERROR] * 2
    assert {(span.attributes or {})["error.type"] for span in failed} == {"ValueError"}
    assert (last.status.status_code, (last.attributes or {})["eventbus.attempt"]) == (StatusCode.UNSET, 2)
    assert [(span.events, span.status.description) for span in failed] == [((), None)] * 2


def test_statements_of_django_are_spans_below_what_asked_for_them(traces: Traces, shopper: Shopper) -> None:
    shopper.see("/cart/")
    shopper.pick("BOWL")

    page = traces.named("POST cart/add/")[-1]
    below = [s for s in traces.all() if s.parent and s.parent.span_id == page.context.span_id]
    assert any((s.attributes or {}).get("db.system") == "postgresql" for s in below)


@pytest.mark.parametrize(
    ("_environment", "_on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_usual_variables_switch_it_on(
    _environment: dict[str, str], _on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    for name, value in _environment.items():
        monkeypatch.setenv(name, value)

    assert tracing_is_on() is _on


@pytest.mark.parametrize(("_endpoint", "_loaded"), [("", False), ("http://127.0.0.1:1", True)])
def test_nothing_is_loaded_while_it_is_off(_endpoint: str, _loaded: bool) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.testing"}
    environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": _endpoint}
    ran = subprocess.run(
        [sys.executable, "-c", NOTHING_LOADED],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("AssertionError: loaded" in ran.stderr) is _loaded, ran.stderr
