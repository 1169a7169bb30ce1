"""Log lines: structlog formats what anybody logs, in one vocabulary, without personal data.

A line that is ours has a name from the vocabulary. What a library says in its own words becomes a
`library_message`. In the middle of a request or a handler, every line says which: the ids come from the bus.
"""

import sys
from typing import Any

import structlog
from django.apps import apps

from config.observing.redaction import redacted
from config.observing.vocabulary import EVENTS, KEYS

Line = structlog.typing.EventDict
OURS = ("eventbus", "config", "orders", "catalog", "payments", "inventory", "django_structlog")


def logging_settings(*, json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING: one handler for everybody, on stderr. json: a JSON object per line, for machines."""
    _configure_structlog()
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "json": json}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], **quiet},
        "loggers": {
            **{name: {"level": level} for name in OURS},
            "django": {"handlers": [], **quiet, "propagate": True},
            # `request_failed` tells of errors; addresses that do not exist are the visitor's affair.
            "django.request": {"level": "CRITICAL"},
            "gunicorn.error": {"handlers": ["console"], **quiet, "propagate": False},
            "celery.redirected": {"level": "ERROR"},
        },
    }


def formatter(*, json: bool) -> structlog.stdlib.ProcessorFormatter:
    """Makes a line of a log record, ours or a library's."""
    renderer: Any = structlog.processors.JSONRenderer()
    if not json:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_WHO_AND_WHEN],
        processors=[
            add_story,
            structlog.processors.format_exc_info,
            keep_vocabulary,
            redact,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderer,
        ],
    )


_WHO_AND_WHEN: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _configure_structlog() -> None:
    """What django-structlog logs goes through the standard library as well: one way for all."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_WHO_AND_WHEN,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def add_story(logger: Any, method: str, line: Line) -> Line:
    """Say which request and which message this belongs to, where the line does not say so itself."""
    if not apps.ready:
        return line
    from eventbus import current_story  # noqa: PLC0415  (this module is loaded by the settings)

    story = current_story()
    # django-structlog makes up a request id of its own; the bus knows the one that the client was told.
    return {**line, **story} if "message_id" not in line else line


def keep_vocabulary(logger: Any, method: str, line: Line) -> Line:
    """Drop what the vocabulary does not know."""
    if line["event"] not in EVENTS:
        line = {**line, "event": "library_message", "said": line["event"]}
    return {key: value for key, value in line.items() if key in KEYS or key.startswith("_")}


def redact(logger: Any, method: str, line: Line) -> Line:
    """Take out what is nobody's business."""
    return {key: value if key.startswith("_") else redacted(value) for key, value in line.items()}
