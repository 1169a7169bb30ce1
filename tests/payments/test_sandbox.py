"""The sandbox processor and carrier, asked over HTTP as any client would."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.sandbox import Sandbox


def charge_fields(card: str = "tok_visa", **fields: Any) -> dict[str, Any]:
    """A valid charge of £12.34."""
    return {"id": str(uuid4()), "amount": 1234, "currency": "GBP", "card": card} | fields


def take(sandbox: Sandbox, card: str = "tok_visa") -> dict[str, Any]:
    """The fields of a charge that was captured."""
    fields = charge_fields(card)
    sandbox.post("/v1/charges", **fields)
    sandbox.post(f"/v1/charges/{fields['id']}/capture", amount=1234, currency="GBP")
    return fields


def test_it_is_healthy(sandbox: Sandbox) -> None:
    assert sandbox.get("/health") == {"status": "ok"}


def test_a_charge_is_made_once_per_id(sandbox: Sandbox) -> None:
    fields = charge_fields()

    first = sandbox.request("POST", "/v1/charges", json=fields)
    again = sandbox.request("POST", "/v1/charges", json=fields)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == sandbox.get(f"/v1/charges/{fields['id']}")
    charge = first.json()["charge"]
    assert (charge["status"], charge["authorised"], charge["captured"]) == ("authorised", 1234, 0)


def test_what_was_set_aside_is_taken_once(sandbox: Sandbox) -> None:
    fields = charge_fields()
    sandbox.post("/v1/charges", **fields)
    path = f"/v1/charges/{fields['id']}/capture"

    wrong = sandbox.post(path, amount=1233, currency="GBP")
    first = sandbox.post(path, amount=1234, currency="GBP")
    again = sandbox.post(path, amount=1234, currency="GBP")

    assert wrong["error"]["code"] == "wrong_amount"
    assert first == again == sandbox.post("/v1/charges", **fields)
    assert (first["charge"]["status"], first["charge"]["captured"]) == ("captured", 1234)


def test_simultaneous_charges_with_one_id_make_one_charge(sandbox: Sandbox) -> None:
    fields = charge_fields()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.request("POST", "/v1/charges", json=fields), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["charge"]["reference"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("card", "code"), [("tok_declined", "card_declined"), ("tok_insufficient", "insufficient_funds")]
)
def test_a_declined_card_says_why_each_time_it_is_asked(sandbox: Sandbox, card: str, code: str) -> None:
    fields = charge_fields(card)

    first = sandbox.request("POST", "/v1/charges", json=fields)
    again = sandbox.request("POST", "/v1/charges", json=fields)

    assert first.status_code == again.status_code == 402
    assert first.json() == again.json()
    assert first.json()["error"]["code"] == code
    assert first.json()["charge"]["captured"] == 0


def test_a_processor_that_is_down_remembers_nothing(sandbox: Sandbox) -> None:
    fields = charge_fields("tok_down")

    assert sandbox.request("POST", "/v1/charges", json=fields).status_code == 503
    assert sandbox.request("GET", f"/v1/charges/{fields['id']}").status_code == 404


def test_a_late_answer_comes_after_the_money_was_taken(sandbox: Sandbox) -> None:
    fields = charge_fields("tok_timeout")
    sandbox.post("/v1/charges", **fields)

    with pytest.raises(httpx.ReadTimeout):
        sandbox.request(
            "POST",
            f"/v1/charges/{fields['id']}/capture",
            json={"amount": 1234, "currency": "GBP"},
            timeout=0.2,
        )

    again = sandbox.request("POST", "/v1/charges", json=fields)
    assert (again.status_code, again.json()["charge"]["captured"]) == (200, 1234)


def test_cancelling_gives_everything_back(sandbox: Sandbox) -> None:
    fields = take(sandbox)
    sandbox.post(f"/v1/charges/{fields['id']}/refunds", id="r1", amount=234, currency="GBP")

    for _ in range(2):
        charge = sandbox.post(f"/v1/charges/{fields['id']}/cancel")["charge"]
        assert (charge["status"], charge["captured"], charge["refunded"]) == ("cancelled", 1234, 1234)


def test_a_charge_that_was_cancelled_first_takes_no_money(sandbox: Sandbox) -> None:
    fields = charge_fields()
    assert sandbox.request("POST", f"/v1/charges/{fields['id']}/cancel").status_code == 200

    late = sandbox.request("POST", "/v1/charges", json=fields)

    assert (late.status_code, late.json()["error"]["code"]) == (409, "charge_cancelled")
    assert late.json()["charge"]["captured"] == 0


def test_a_declined_charge_stays_declined_when_it_is_cancelled(sandbox: Sandbox) -> None:
    fields = charge_fields("tok_declined")
    sandbox.post("/v1/charges", **fields)

    assert sandbox.post(f"/v1/charges/{fields['id']}/cancel")["charge"]["status"] == "declined"


def test_refunds_are_made_once_per_id_and_never_exceed_the_charge(sandbox: Sandbox) -> None:
    fields = take(sandbox)
    path = f"/v1/charges/{fields['id']}/refunds"

    def refund(refund_id: str, amount: int, currency: str = "GBP") -> tuple[int, str]:
        answer = sandbox.request("POST", path, json={"id": refund_id, "amount": amount, "currency": currency})
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    assert refund("r1", 1000) == (201, "")
    assert refund("r1", 1000) == (200, "")
    assert refund("r1", 999) == (409, "id_reused")
    assert refund("r2", 235) == (422, "refund_exceeds_charge")
    assert refund("r3", 1, "EUR") == (422, "wrong_currency")
    assert refund("r2", 234) == (201, "")
    assert sandbox.get(f"/v1/charges/{fields['id']}")["charge"]["refunded"] == 1234


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"amount": -1}, 422, "invalid_request"),
        ({"amount": 1.5}, 422, "invalid_request"),
        ({"currency": "pounds"}, 422, "invalid_request"),
        ({"id": "../../etc"}, 422, "invalid_request"),
        ({"card": "4242424242424242"}, 422, "unknown_card"),
    ],
)
def test_an_impossible_charge_is_refused(
    sandbox: Sandbox, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = sandbox.request("POST", "/v1/charges", json=charge_fields(**fields))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_id_cannot_be_used_for_another_charge(sandbox: Sandbox) -> None:
    fields = charge_fields()
    sandbox.post("/v1/charges", **fields)

    answer = sandbox.request("POST", "/v1/charges", json=fields | {"amount": 1})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "id_reused")


@pytest.mark.parametrize(
    ("call", "body", "status", "code"),
    [
        ("POST /v1/charges", b"{", 400, "malformed_json"),
        ("POST /v1/charges", b"x" * 70_000, 413, "body_too_large"),
        ("GET /v1/charges", b"", 405, "method_not_allowed"),
        ("PUT /health", b"", 405, "method_not_allowed"),
        ("GET /v2/charges", b"", 404, "unknown_path"),
        ("GET /v1/charges/none", b"", 404, "unknown_charge"),
        ("OPTIONS /health", b"", 501, "bad_request"),
    ],
)
def test_every_error_is_json(sandbox: Sandbox, call: str, body: bytes, status: int, code: str) -> None:
    answer = sandbox.request(*call.split(), content=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_what_was_charged_is_still_known_after_a_restart(sandbox: Sandbox) -> None:
    fields = charge_fields()
    before = sandbox.post("/v1/charges", **fields)

    sandbox.stop()
    sandbox.start()

    assert sandbox.post("/v1/charges", **fields) == before


def test_each_request_is_one_line_in_the_log(sandbox: Sandbox) -> None:
    sandbox.get("/v1/charges/none")
    sandbox.stop()

    assert [line.rsplit(" ", 1)[0] for line in sandbox.log] == ["GET /v1/charges/none 404"]


def test_a_parcel_is_taken_once_per_id(sandbox: Sandbox) -> None:
    fields = {"id": "s1", "address": {"name": "Ada", "postcode": "N1 9GU"}}

    first = sandbox.request("POST", "/v1/shipments", json=fields)
    again = sandbox.request("POST", "/v1/shipments", json=fields)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == sandbox.get("/v1/shipments/s1")
    assert first.json()["tracking_number"].startswith("SB")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ({"postcode": "zz9 9zz"}, 422, "undeliverable"),
        ({"postcode": "DOWN 1"}, 503, "carrier_down"),
        ({}, 422, "invalid_request"),
    ],
)
def test_the_postcode_decides_whether_a_parcel_is_taken(
    sandbox: Sandbox, address: dict[str, str], status: int, code: str
) -> None:
    answer = sandbox.request("POST", "/v1/shipments", json={"id": "s1", "address": address})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.request("GET", "/v1/shipments/s1").status_code == 404


def test_a_refused_parcel_says_why(sandbox: Sandbox) -> None:
    answer = sandbox.post("/v1/shipments", id="s1", address={"postcode": "ZZ1 1ZZ"})

    assert answer["reason"] == "We do not deliver to ZZ1 1ZZ."


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v1/shipments/s1"), ("POST", "/v1/shipments/s1/cancel")]
)
def test_a_parcel_can_be_called_off_before_or_after_it_was_taken(
    sandbox: Sandbox, method: str, path: str
) -> None:
    fields = {"id": "s1", "address": {"postcode": "N1 9GU"}}

    assert sandbox.request(method, path).json()["status"] == "cancelled"
    assert sandbox.post("/v1/shipments", **fields)["error"]["code"] == "shipment_cancelled"
    assert sandbox.request(method, path).json()["status"] == "cancelled"


def test_another_address_needs_another_parcel(sandbox: Sandbox) -> None:
    sandbox.post("/v1/shipments", id="s1", address={"postcode": "N1 9GU"})

    answer = sandbox.post("/v1/shipments", id="s1", address={"postcode": "N1 9GX"})

    assert answer["error"]["code"] == "id_reused"
