"""The sandbox's outages on demand."""

import pytest

from tests.fixtures.sandbox import Sandbox

CHARGE = {"id": "p1", "amount": 100, "currency": "GBP", "card": "tok_visa"}


def take_down(sandbox: Sandbox, machine: str, seconds: float = 60) -> None:
    assert sandbox.post("/v1/outages", of=machine, seconds=seconds) == {"of": machine, "seconds": seconds}


def statuses(sandbox: Sandbox) -> list[int]:
    """Of a charge, a parcel and a look at parcels."""
    parcel = {"id": "s1", "address": {"postcode": "BS1 4DJ", "city": "Bristol"}}
    asked: tuple[tuple[str, object], ...] = (
        ("/v1/charges", CHARGE),
        ("/v1/shipments", parcel),
        ("/v1/tracking", {"ids": []}),
    )
    return [sandbox.request("POST", path, json=body).status_code for path, body in asked]


@pytest.mark.parametrize(("machine", "found"), [("processor", [503, 201, 200]), ("carrier", [201, 503, 503])])
def test_one_is_down_and_the_other_works(sandbox: Sandbox, machine: str, found: list[int]) -> None:
    take_down(sandbox, machine)

    assert statuses(sandbox) == found
    assert sandbox.get("/health") == {"status": "ok"}


def test_an_outage_says_who_is_out_of_order_and_notes_nothing(sandbox: Sandbox) -> None:
    take_down(sandbox, "processor")

    refused = sandbox.post("/v1/charges", **CHARGE)
    take_down(sandbox, "processor", 0)

    assert refused["error"] == {"code": "processor_down", "message": "The processor is out of order."}
    assert sandbox.request("GET", "/v1/charges/p1").status_code == 404


def test_an_outage_ends_when_it_is_told_to(sandbox: Sandbox) -> None:
    take_down(sandbox, "carrier")
    take_down(sandbox, "carrier", 0)

    assert statuses(sandbox) == [201, 201, 200]


@pytest.mark.parametrize(
    "wanted",
    [{"of": "postman", "seconds": 1}, {"of": "carrier", "seconds": 121}, {"of": "carrier", "seconds": -1}],
)
def test_no_outage_lasts_for_ever_or_hits_anybody_else(sandbox: Sandbox, wanted: dict[str, object]) -> None:
    assert sandbox.request("POST", "/v1/outages", json=wanted).status_code == 422
