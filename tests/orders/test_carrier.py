"""The sandbox carrier's tracking, asked over HTTP as any client would."""

from typing import Any

import pytest

from tests.fixtures.sandbox import Sandbox

WAY = ["collected", "in_transit", "out_for_delivery", "delivered"]


def book(sandbox: Sandbox, shipment: str = "s1", postcode: str = "BS1 4DJ") -> None:
    sandbox.post("/v1/shipments", id=shipment, address={"postcode": postcode, "city": "Bristol"})


def scans(sandbox: Sandbox, *shipments: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.post("/v1/tracking", ids=list(shipments))["shipments"]
    return found


def test_a_parcel_that_was_just_booked_has_not_moved(sandbox: Sandbox) -> None:
    book(sandbox)

    assert scans(sandbox, "s1") == {"s1": []}


def test_each_step_is_one_more_scan_until_the_door(sandbox: Sandbox) -> None:
    book(sandbox)

    ways = [sandbox.post("/v1/shipments/s1/step")["scans"] for _ in range(5)]

    assert [[scan["status"] for scan in way] for way in ways] == [WAY[:1], WAY[:2], WAY[:3], WAY, WAY]
    assert [(scan["number"], scan["place"]) for scan in ways[-1]] == [
        (1, "Avonmouth"),
        (2, "Tamworth"),
        (3, "Bristol"),
        (4, "Bristol"),
    ]
    assert scans(sandbox, "s1") == {"s1": ways[-1]}


def test_the_clock_moves_parcels_too(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.sandbox.carrier.STEP_SECONDS", 0)

    book(sandbox)

    assert [scan["status"] for scan in scans(sandbox, "s1")["s1"]] == WAY


def test_nobody_at_home_sends_the_parcel_back(sandbox: Sandbox) -> None:
    book(sandbox, postcode="rt1 1rt")

    for _ in range(4):
        way = sandbox.post("/v1/shipments/s1/step")["scans"]

    assert (way[-1]["status"], way[-1]["place"]) == ("returned", "Avonmouth")


def test_a_parcel_called_off_moves_no_further(sandbox: Sandbox) -> None:
    book(sandbox)
    sandbox.post("/v1/shipments/s1/step")

    sandbox.post("/v1/shipments/s1/cancel")
    sandbox.post("/v1/shipments/s1/step")

    assert [scan["status"] for scan in scans(sandbox, "s1")["s1"]] == ["collected"]


def test_many_parcels_are_looked_for_at_once_and_strange_ones_left_out(sandbox: Sandbox) -> None:
    book(sandbox, "s1")
    book(sandbox, "s2")
    sandbox.post("/v1/shipments/s2/step")

    found = scans(sandbox, "s1", "s2", "s9")

    assert {shipment: len(way) for shipment, way in found.items()} == {"s1": 0, "s2": 1}
    assert sandbox.request("POST", "/v1/shipments/s9/step").status_code == 404


def test_more_parcels_than_one_answer_holds_are_refused(sandbox: Sandbox) -> None:
    answer = sandbox.request("POST", "/v1/tracking", json={"ids": [f"s{n}" for n in range(101)]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
