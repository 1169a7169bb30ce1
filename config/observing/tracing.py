"""Spans for OpenTelemetry: requests, SQL, and each message from its publishing to its last effect.

Loaded only where OpenTelemetry is switched on (`apps.py`). The names follow the conventions for messaging:

- *publish* (PRODUCER) around the INSERT, its context in the message's header `traceparent`; of several at
  once each has a *create* of its own, and the one *publish* links to them;
- *process* (CONSUMER), a child of the publishing span, so that one trace is one story. A projection or saga
  that takes several messages at once cannot be the child of all: its span begins a trace and links to each,
  and what the saga publishes stays in the trace of the message that made it;
- *settle* (CLIENT) around the transaction that records what an external handler has done.

A span of a consumer is named after the subscription, since a dozen may process one type of message.
"""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from eventbus import Tracer, observe

_W3C = TraceContextTextMapPropagator()
UNTRACED = "healthz,readyz,metrics,static/"


def start(processor: SpanProcessor | None = None) -> Callable[[], None]:
    """Begin to trace this process, and those it forks; returns what ends it.

    processor: what becomes of the spans; default OTLP over HTTP, as OTEL_EXPORTER_OTLP_… says.
    """
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")  # today's names, not those of 2022
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "shop")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor or _otlp())
    requests, statements = DjangoInstrumentor(), PsycopgInstrumentor()
    requests.instrument(tracer_provider=provider, request_hook=_begin_story, excluded_urls=UNTRACED)
    statements.instrument(tracer_provider=provider)
    ignore = observe(Spans(provider.get_tracer("eventbus")))

    def stop() -> None:
        ignore()
        requests.uninstrument()
        statements.uninstrument()
        provider.shutdown()

    return stop


def _otlp() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return BatchSpanProcessor(OTLPSpanExporter())


def _begin_story(span: Span, request: HttpRequest) -> None:
    """Make the request's span what its messages stem from, and keep to ourselves what may open an order."""
    request.META.update({f"HTTP_{name.upper()}": value for name, value in _headers(span).items()})
    for attribute in ("url.path", "url.query", "client.address", "client.port", "user_agent.original"):
        span.set_attribute(attribute, "")


def _headers(span: Span) -> dict[str, str]:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(span))
    return carrier


def _context(headers: Mapping[str, Any]) -> Context:
    """Where a message stems from; without any, the span that is open."""
    return _W3C.extract(headers) if "traceparent" in headers else get_current()


def _link(headers: Mapping[str, Any]) -> list[Link]:
    context = trace.get_current_span(_W3C.extract(headers, Context())).get_span_context()
    return [Link(context)] if context.is_valid else []


class Spans(Tracer):
    """Opens the spans of the bus."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self.tracer = tracer

    @contextmanager
    def publishing(self, drafts: Sequence[Any]) -> Generator[Sequence[Any]]:
        """One span for one message; for several one each, and one around the INSERT of all."""
        if len(drafts) == 1:
            (draft,) = drafts
            about = _about_draft(draft, "publish", "send")
            with self._span(about, SpanKind.PRODUCER, _context(draft.cause.headers)) as span:
                yield [draft.with_headers(**_headers(span))]
            return
        sent = [draft.with_headers(**self._created(draft)) for draft in drafts]
        about = {**_operation("publish", "send"), "messaging.batch.message_count": len(sent)}
        links = [link for draft in sent for link in _link(draft.cause.headers)]
        with self._span(about, SpanKind.CLIENT, _context(drafts[0].cause.headers), links):
            yield sent

    def _created(self, draft: Any) -> dict[str, str]:
        about = _about_draft(draft, "create", "create")
        with self._span(about, SpanKind.PRODUCER, _context(draft.cause.headers)) as span:
            return _headers(span)

    @contextmanager
    def processing(self, subscription: Any, batch: Sequence[Any], attempt: int) -> Generator[Sequence[Any]]:
        """A child of what published the message; of many messages, a span that links to each."""
        about = {
            **_operation("process", "process"),
            "messaging.destination.subscription.name": subscription.name,
        }
        if len(batch) == 1:
            with self._one(about, SpanKind.CONSUMER, batch[0], attempt) as envelope:
                yield [envelope]
            return
        about["messaging.batch.message_count"] = len(batch)
        links = [link for envelope in batch for link in _link(envelope.headers)]
        with self._span(about, SpanKind.CONSUMER, Context(), links):
            yield batch

    @contextmanager
    def settling(self, subscription: Any, batch: Sequence[Any], attempt: int) -> Generator[Sequence[Any]]:
        """Beside the process span, under what published the message."""
        about = {
            **_operation("settle", "settle"),
            "messaging.destination.subscription.name": subscription.name,
        }
        with self._one(about, SpanKind.CLIENT, batch[0], attempt) as envelope:
            yield [envelope]

    @contextmanager
    def _one(self, about: dict[str, Any], kind: SpanKind, envelope: Any, attempt: int) -> Generator[Any]:
        about |= {
            "messaging.destination.name": envelope.type,
            "messaging.message.id": str(envelope.id),
            "messaging.message.conversation_id": str(envelope.correlation_id),
            "eventbus.position": envelope.position,
            "eventbus.attempt": attempt,
        }
        with self._span(about, kind, _context(envelope.headers)) as span:
            yield envelope.with_headers(**_headers(span))

    @contextmanager
    def _span(
        self, about: dict[str, Any], kind: SpanKind, context: Context, links: Sequence[Link] = ()
    ) -> Generator[Span]:
        """A span that tells of an error by its class: what it says may name a customer."""
        operation = about["messaging.operation.name"]
        of = about.get("messaging.destination.subscription.name") or about.get("messaging.destination.name")
        with self.tracer.start_as_current_span(
            f"{operation} {of}" if of else operation,
            context,
            kind,
            about,
            links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__qualname__)
                raise


def _operation(name: str, kind: str) -> dict[str, Any]:
    return {
        "messaging.system": "eventbus",
        "messaging.operation.name": name,
        "messaging.operation.type": kind,
    }


def _about_draft(draft: Any, name: str, kind: str) -> dict[str, Any]:
    return {
        **_operation(name, kind),
        "messaging.destination.name": draft.message.contract.name,
        "messaging.message.id": str(draft.id),
        "messaging.message.conversation_id": str(draft.cause.correlation_id or draft.id),
    }
