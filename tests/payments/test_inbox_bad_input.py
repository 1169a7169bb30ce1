"""Bad webhooks: each is refused with its own status and sentence, and changes nothing."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.test import Client

from eventbus.testing import published
from payments.models import InboxNotice, Payment
from payments.views import MOST_BYTES
from tests.payments.builders import a_card_payment, payment_for
from tests.payments.webhooks import PATH, an_event, post, signed

BODY = json.dumps({"id": "evt_1", "type": "charge.captured"}).encode()


@pytest.fixture(autouse=True)
def nothing_changes(bus: None) -> Iterator[Payment]:
    """A payment that waits; after the test it still does, and the inbox and the log are as they were."""
    payment = payment_for(a_card_payment())
    before = Payment.objects.values().get()
    with published() as messages:
        yield payment
    assert messages == []
    assert Payment.objects.values().get() == before
    assert (InboxNotice.objects.count(), payment.entries.count()) == (0, 0)


def raw(url: str, head: str, body: bytes = b"") -> str:
    """What the shop answers to bytes on a connection of their own, after which nothing more is sent."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
        line.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n".encode() + body
        )
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answer:
            return answer.read().decode()


UNSIGNED = "The webhook has no signature in Sandbox-Signature that can be read."
WRONG = "The webhook's signature matches none of this shop's secrets for sandbox."
SIGNATURES: dict[str, tuple[str, int, str]] = {
    "none": ("", 401, UNSIGNED),
    "nonsense": ("nonsense", 401, UNSIGNED),
    "of another secret": (signed(BODY, "another"), 401, WRONG),
    "of another body": (signed(BODY + b" "), 401, WRONG),
    "without its moment": (signed(BODY).partition(",")[2], 401, UNSIGNED),
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_wrong_signatures(case: str) -> None:
    header, status, sentence = SIGNATURES[case]

    assert post(BODY, **{"Sandbox-Signature": header}) == (status, sentence)


def test_a_replay() -> None:
    late = datetime.now(UTC) - timedelta(minutes=6)

    status, sentence = post(BODY, **{"Sandbox-Signature": signed(BODY, at=late)})

    assert status == 400
    assert sentence.startswith("The webhook was signed 3")
    assert sentence.endswith(" s ago; it counts for 300 s either way.")


def test_a_webhook_whose_bytes_were_changed_on_the_way_even_if_it_says_the_same(
    nothing_changes: Payment,
) -> None:
    event = an_event(nothing_changes)
    said, sent = json.dumps(event).encode(), json.dumps(event, indent=2).encode()

    assert post(sent, **{"Sandbox-Signature": signed(said)}) == (401, WRONG)


MALFORMED: dict[str, bytes] = {
    "half": BODY[: len(BODY) // 2],
    "no JSON": b"id=1",
    "no id": b'{"type": "charge.captured"}',
    "no text": b"\xff\xff",
    "a NUL in its id": b'{"id": "a\\u0000b", "type": "charge.captured"}',
    "a huge id": json.dumps({"id": "e" * 300, "type": "charge.captured"}).encode(),
    "a status that there is not": json.dumps(
        an_event(Payment()) | {"charge": {"id": "1", "status": "stolen"}}
    ).encode(),
    "less than nothing": json.dumps(an_event(Payment(), captured=-1)).encode(),
    "more than there is": json.dumps(an_event(Payment(), captured=10**13)).encode(),
    "half a penny": json.dumps(an_event(Payment(), captured=0.5)).encode(),
    "an id that is none": json.dumps(an_event(Payment(), id="4711")).encode(),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_bodies_that_are_rightly_signed(case: str) -> None:
    status, sentence = post(MALFORMED[case])

    assert status == 400
    assert sentence.startswith("This is no webhook of sandbox: ")


@pytest.mark.parametrize("provider", ["paypal", "stripe", "adyen", "Sandbox", "sandbox-2"])
def test_processors_that_are_unknown_or_have_no_secret(settings: Any, provider: str) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = settings.ADYEN_HMAC_KEYS = []

    answer = post(BODY, path=f"/payments/webhooks/{provider}/")

    assert answer == (404, f"This shop takes no webhooks from {provider!r}.")


def test_the_sandbox_where_it_is_not_enabled(settings: Any) -> None:
    header = signed(BODY)
    settings.SANDBOX_WEBHOOK_SECRETS = []

    assert post(BODY, **{"Sandbox-Signature": header})[0] == 404


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_other_methods(method: str) -> None:
    assert getattr(Client(), method)(PATH).status_code == 405


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(shop_url: str) -> None:
    answer = raw(shop_url, f"Content-Length: {MOST_BYTES + 1}\r\n")

    assert answer.startswith("HTTP/1.1 413 ")
    assert answer.endswith(f"The webhook has {MOST_BYTES + 1} bytes; at most {MOST_BYTES} are taken.")


def test_the_largest_body_is_taken(shop_url: str) -> None:
    body = b" " * MOST_BYTES

    answer = httpx.post(
        shop_url + PATH, content=body, headers={"Sandbox-Signature": signed(body)}, trust_env=False
    )

    assert (answer.status_code, answer.text[:31]) == (400, "This is no webhook of sandbox: ")


def test_a_body_that_breaks_off(shop_url: str) -> None:
    head = f"Content-Length: {len(BODY)}\r\nSandbox-Signature: {signed(BODY)}\r\n"

    answer = raw(shop_url, head, BODY[:10])

    assert answer.startswith("HTTP/1.1 400 ")
    assert answer.endswith(f"Of the webhook's {len(BODY)} bytes only 10 arrived.")


@pytest.mark.parametrize("length", ["", "Content-Length: -1\r\n", "Content-Length: ten\r\n"])
def test_a_body_without_a_length(shop_url: str, length: str) -> None:
    answer = raw(shop_url, f"{length}Sandbox-Signature: {signed(BODY)}\r\n", BODY)

    assert answer.startswith("HTTP/1.1 411 ")
    assert answer.endswith("Say in Content-Length how long the webhook is.")
