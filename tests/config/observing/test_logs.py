"""What stands in the log: one vocabulary, which story it belongs to, and nobody's name or card."""

import ast
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from config.observing import logs
from config.observing.vocabulary import EVENTS, KEYS
from eventbus.models import Message
from eventbus.testing import drain
from tests.fixtures.sandbox import Sandbox
from tests.journeys.shopper import ADA, Shopper, hidden_fields

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("orders", "catalog", "payments", "inventory", "eventbus", "config")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
REQUEST_ID = "edge-7f3a"


class Lines(logging.StreamHandler[io.StringIO]):
    """Keeps what the production's formatter makes of every record."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.setFormatter(logs.formatter(json=True))

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["event"] == event]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged, down to DEBUG."""
    handler, ours = Lines(), [logging.getLogger(name) for name in logs.OURS]
    levels = [logger.level for logger in ours]
    logging.getLogger().addHandler(handler)
    for logger in ours:
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(ours, levels, strict=True):
        logger.setLevel(level)
    logging.getLogger().removeHandler(handler)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a logger in the project."""
    for file in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = ast.unparse(node.func.value)
            if node.func.attr in LEVELS and re.fullmatch(r"_?log(ger)?|logging", owner):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_nothing_is_logged_under_another_name() -> None:
    unknown = [
        where
        for where, call in calls()
        if not {getattr(argument, "value", None) for argument in call.args[:2]} & EVENTS.keys()
    ]

    assert len(list(calls())) > 10
    assert unknown == []


def test_every_name_of_ours_is_logged_somewhere() -> None:
    said = {getattr(argument, "value", None) for _, call in calls() for argument in call.args[:2]}
    theirs = {name for name in EVENTS if name.startswith(("request_", "streaming_", "task_"))}

    assert EVENTS.keys() - said == theirs | {"library_message"}


def test_the_reader_s_table_names_the_same() -> None:
    page = (ROOT / "docs/operate/logs.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", page, flags=re.MULTILINE))

    assert rows == EVENTS | KEYS


def test_every_line_of_an_order_carries_the_request_s_id(
    shopper: Shopper, sandbox: Sandbox, lines: Lines
) -> None:
    shopper.pick("BOWL")
    form = hidden_fields(shopper.see("/checkout/")) | ADA
    drain()
    lines.stream.seek(0)
    lines.stream.truncate()
    shopper.client.post("/checkout/", form, headers={"x-request-id": REQUEST_ID})
    drain()

    story = str(Message.objects.get(type="orders.order_placed").correlation_id)
    ids = {(line.get("request_id"), line.get("correlation_id")) for line in lines.all}
    assert ids == {(REQUEST_ID, story)}
    published = {line["message_id"] for line in lines.named("message_published")}
    assert published == {str(m.uuid) for m in Message.objects.filter(correlation_id=story)}
    handled = {(line["subscription"], line["message_type"]) for line in lines.named("message_handled")}
    assert {("orders.checkout", "orders.order_placed"), ("orders.send_mail", "orders.send_mail")} <= handled


def test_a_line_says_what_was_done_and_how_it_went(shopper: Shopper, sandbox: Sandbox, lines: Lines) -> None:
    shopper.pick("BOWL")
    shopper.order()
    drain()

    name = "payments.capture_payment"
    (line,) = [line for line in lines.named("message_handled") if line["subscription"] == name]
    command = Message.objects.get(type="payments.capture_payment")
    assert line["duration_ms"] > 0
    assert {key: line[key] for key in ("level", "outcome", "attempt", "batch", "position", "message_id")} == {
        "level": "info",
        "outcome": "done",
        "attempt": 1,
        "batch": 1,
        "position": command.position,
        "message_id": str(command.uuid),
    }
    request = [line for line in lines.named("request_finished") if line["request"] == "POST /checkout/"]
    assert [(line["code"], line["duration_ms"] > 0) for line in request] == [(302, True)]


def test_an_order_leaves_no_trace_of_its_buyer(shopper: Shopper, sandbox: Sandbox, lines: Lines) -> None:
    shopper.pick("BOWL")
    shopper.order()
    drain()
    shopper.look()

    written = lines.stream.getvalue()
    token = shopper.address.split("/")[2]
    secrets = [ADA[key] for key in ("name", "email", "line1", "postcode", "card_number")] + [
        token,
        "tok_visa",
    ]
    assert [secret for secret in secrets if secret in written] == []
    assert '"request": "GET /orders/<str:token>/"' in written


@pytest.mark.parametrize(
    ("_said", "_written"),
    [
        ("mail to ada.byron+x@mail.example.com bounced", "mail to [email] bounced"),
        ("card 4242 4242 4242 4242 refused", "card [card] refused"),
        ("card 4242-4242-4242-4242, 378282246310005", "card [card], [card]"),
        ("payment_method=pm_card_visa; tok_insufficient", "payment_method=[token]; [token]"),
        ("api shop_abcdefghijklmnopqrstuv-w and sk_live_1", "api [token] and [token]"),
        ("orders.shop_figures: card_declined", None),
        ("Authorization: Bearer shop_abcdefgh", "Authorization: Bearer [secret]"),
        ("redis://:hunter2@cache:6379/0", "redis://[login]@cache:6379/0"),
        ("GET /orders/0123:abc-D_e/mails/ 500", "GET /orders/[link]/mails/ 500"),
        ("{'password': 'hunter2', 'cvc': '123'}", "{'password': '[secret]', 'cvc': '[secret]'}"),
        ("order 1234567890123 of 0198c1f4-1111-7222-8333-444455556666", None),
        ("position 4242424242424243 and 42", None),
    ],
)
def test_a_library_s_words_lose_what_is_nobody_s_business(
    _said: str, _written: str | None, lines: Lines
) -> None:
    logging.getLogger("somebody.else").warning("%s", _said, extra={"request": "secret", "password": "x"})

    (line,) = lines.all
    assert (line["event"], line["said"], line["level"]) == ("library_message", _written or _said, "warning")
    assert set(line) <= {"timestamp", "level", "logger", "event", "said", "request"}


def test_a_traceback_is_written_without_the_values_in_it(lines: Lines) -> None:
    card_number = "4242 4242 4242 4242"
    try:
        raise ValueError(f"{card_number} of ada@example.com")
    except ValueError:
        logging.getLogger("eventbus").exception("delivery_crashed", extra={"customer": "Ada"})

    (line,) = lines.all
    assert line["exception"].splitlines()[-1] == "ValueError: [card] of [email]"
    assert "4242" not in str(line)
    assert "Ada" not in str(line)


def _break(request: HttpRequest, token: str) -> HttpResponse:
    raise RuntimeError("ada@example.com did it")


urlpatterns = [path("broken/<slug:token>/", _break), path("", include("config.urls"))]


@pytest.mark.urls(__name__)
def test_a_request_that_fails_is_told_once_with_its_traceback(lines: Lines) -> None:
    shopper = Shopper()
    shopper.client.raise_request_exception = False
    answer = shopper.client.get("/broken/abc/", headers={"x-request-id": REQUEST_ID})

    (line,) = [line for line in lines.all if line["level"] == "error"]
    assert (line["event"], line["request"], line["code"]) == (
        "request_failed",
        "GET /broken/<slug:token>/",
        500,
    )
    assert line["request_id"] == answer["X-Request-ID"] == REQUEST_ID
    assert "RuntimeError: [email] did it" in line["exception"]


def test_a_look_that_finds_all_well_leaves_no_line(bus: None, lines: Lines) -> None:
    shopper = Shopper()
    shopper.client.get("/healthz")
    assert lines.named("request_finished") == []

    shopper.client.get("/metrics", REMOTE_ADDR="10.0.0.1")
    assert [line["code"] for line in lines.named("request_finished")] == [404]


def test_people_get_words_and_machines_get_json() -> None:
    record = logging.LogRecord("eventbus.relay", logging.INFO, "", 0, "relay_leads", None, None)

    spoken = logs.formatter(json=False).format(record)
    assert "relay_leads" in spoken
    assert json.loads(logs.formatter(json=True).format(record))["event"] == "relay_leads"
    assert isinstance(logging.getLogger().handlers[0], logging.Handler)
    assert structlog.is_configured()
