"""Adyen's webhooks, read: its published signature, its published samples, several items to a request."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from payments.errors import NoticeMalformed, NoticeNotSigned, WrongSignature
from payments.gateways.adyen import AdyenNotices
from payments.gateways.port import Notice
from payments.gateways.signatures import sign
from payments.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
# Adyen's published example: a key, an item, and the item's signature.
KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
SIGNATURE = "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="
ITEM: dict[str, Any] = {
    "additionalData": {"hmacSignature": SIGNATURE},
    "amount": {"value": 1130, "currency": "EUR"},
    "pspReference": "7914073381342284",
    "eventCode": "AUTHORISATION",
    "eventDate": "2019-05-06T17:15:34.121+02:00",
    "merchantAccountCode": "TestMerchant",
    "operations": ["CANCEL", "CAPTURE", "REFUND"],
    "merchantReference": "TestPayment-1407325143704",
    "paymentMethod": "visa",
    "success": "true",
}
OTHER_KEY = "00" * 32
READER = AdyenNotices([OTHER_KEY, KEY])
PUBLISHED = Path(__file__).resolve().parents[3] / "shared/data/messages/adyen_notifications.json"
PAYMENT = uuid4()


def request(*items: dict[str, Any]) -> bytes:
    """A request with these items."""
    inside = [{"NotificationRequestItem": item} for item in items]
    return json.dumps({"live": "false", "notificationItems": inside}).encode()


def an_item(**fields: Any) -> dict[str, Any]:
    """An item about our payment, rightly signed."""
    item = ITEM | {"merchantReference": str(PAYMENT), "pspReference": "PSP1"} | fields
    names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
    start = [item.get(name, "") for name in names]
    amount = item["amount"]
    signed = [*start, str(amount["value"]), amount["currency"], item["eventCode"], item["success"]]
    made = base64.b64encode(sign(bytes.fromhex(KEY), ":".join(signed).encode())).decode()
    return item | {"additionalData": {"hmacSignature": made}}


def read(*items: dict[str, Any]) -> tuple[Notice, ...]:
    """What our reader makes of a request with these items."""
    return READER.read(body=request(*items), headers={}, now=NOW)


def test_the_published_item_passes_with_the_published_key() -> None:
    (notice,) = read(ITEM)

    assert (notice.event_id, notice.kind) == ("7914073381342284:AUTHORISATION:true", "AUTHORISATION")
    assert (notice.payment_id, notice.reference) == (None, "7914073381342284")
    assert notice.charge
    assert (notice.charge.status, notice.charge.authorised) == ("authorised", Money(1130, "EUR"))


SIGNED_FIELDS: dict[str, dict[str, Any]] = {
    "amount": {"amount": {"value": 1131, "currency": "EUR"}},
    "currency": {"amount": {"value": 1130, "currency": "USD"}},
    "psp reference": {"pspReference": "7914073381342285"},
    "original reference": {"originalReference": "7914073381342284"},
    "account": {"merchantAccountCode": "OtherMerchant"},
    "payment": {"merchantReference": str(PAYMENT)},
    "event": {"eventCode": "CAPTURE"},
    "success": {"success": "false"},
}


@pytest.mark.parametrize("case", SIGNED_FIELDS)
def test_no_signed_field_can_be_changed(case: str) -> None:
    with pytest.raises(WrongSignature, match="none of this shop's secrets for adyen"):
        read(ITEM | SIGNED_FIELDS[case])


def test_a_key_that_is_not_ours_signs_nothing() -> None:
    with pytest.raises(WrongSignature):
        AdyenNotices([OTHER_KEY]).read(body=request(ITEM), headers={}, now=NOW)


@pytest.mark.parametrize("extra", [{}, {"hmacSignature": ""}, {"hmacSignature": "not base64!"}])
def test_an_item_without_a_signature_is_refused(extra: dict[str, str]) -> None:
    with pytest.raises(NoticeNotSigned, match=r"additionalData\.hmacSignature"):
        read(ITEM | {"additionalData": extra})


def test_one_bad_item_refuses_the_whole_request() -> None:
    with pytest.raises(WrongSignature):
        read(an_item(), an_item() | {"success": "false"})


def test_several_items_come_in_one_request() -> None:
    taken = {"eventCode": "CAPTURE", "pspReference": "PSP2", "originalReference": "PSP1"}

    authorised, captured, failed = read(an_item(), an_item(**taken), an_item(**taken, success="false"))

    assert [(n.event_id, n.payment_id, n.reference) for n in (authorised, captured, failed)] == [
        ("PSP1:AUTHORISATION:true", PAYMENT, "PSP1"),
        ("PSP2:CAPTURE:true", PAYMENT, "PSP1"),
        ("PSP2:CAPTURE:false", PAYMENT, "PSP1"),
    ]
    assert captured.charge
    assert (captured.charge.status, captured.charge.captured) == ("captured", Money(1130, "EUR"))
    assert failed.charge is None


@pytest.mark.parametrize(
    ("kind", "success", "status"),
    [
        ("AUTHORISATION", "true", "authorised"),
        ("AUTHORISATION", "false", "declined"),
        ("CAPTURE", "true", "captured"),
        ("CAPTURE", "false", None),
        ("CANCELLATION", "true", "cancelled"),
        ("CANCELLATION", "false", None),
        ("REFUND", "true", None),
        ("CHARGEBACK", "true", None),
    ],
)
def test_what_is_understood_and_what_is_parked(kind: str, success: str, status: str | None) -> None:
    (notice,) = read(an_item(eventCode=kind, success=success))

    assert (notice.charge and notice.charge.status) == status


@pytest.mark.skipif(not PUBLISHED.exists(), reason="Adyen's samples do not lie beside this project.")
def test_adyens_own_samples_have_the_form_that_is_read() -> None:
    bodies = {one["name"]: one["body"] for one in json.loads(PUBLISHED.read_text())}

    notices = {name: READER.parse(body=json.dumps(body).encode())[0] for name, body in bodies.items()}

    assert {name: notice.event_id for name, notice in notices.items()} == {
        "authorisation-true": "123456789:AUTHORISATION:true",
        "authorisation-true-additional-attribute": "123456789:AUTHORISATION:true",
        "capture-true": "8514853640987132:CAPTURE:true",
        "capture-false": "8514853640987132:CAPTURE:false",
        "refund-true": "PSP_REFERENCE:REFUND:true",
        "refund-false": "PSP_REFERENCE:REFUND:false",
        "cancellation-true": "8412534564722331:CANCELLATION:true",
        "chargeback": "9915555555555555:CHARGEBACK:true",
        "offer-closed": "8532565401975321:OFFER_CLOSED:true",
    }
    assert {notice.payment_id for notice in notices.values()} == {None}


MALFORMED = {
    "nothing": b"",
    "half of it": request(ITEM)[:-20],
    "no items": request(),
    "another form": b'{"id": "evt_1", "type": "x", "data": {"object": {}}}',
    "success as a truth value": request(ITEM | {"success": True}),
    "a float of money": request(ITEM | {"amount": {"value": 11.3, "currency": "EUR"}}),
    "a currency that is none": request(ITEM | {"amount": {"value": 1130, "currency": "euro"}}),
    "a reference with a NUL": request(ITEM | {"merchantReference": "a\0b"}),
    "no text": b"\xff",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_has_not_the_form_of_a_notification_is_malformed(case: str) -> None:
    with pytest.raises(NoticeMalformed, match=r"This is no webhook of adyen: .+"):
        READER.read(body=MALFORMED[case], headers={}, now=NOW)
