"""Messages leave as CloudEvents 1.0 and come in as such; what is none is refused, and says where."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from eventbus.contracts.cloudevents import (
    CloudEvent,
    InvalidCloudEvent,
    cloud_event,
    envelope_of,
    read,
    read_batch,
    written,
    written_batch,
)
from eventbus.errors import UnknownMessage
from eventbus.messages import Envelope
from inventory.events import StockReserved

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages" / "cloudevents"
here = pytest.mark.skipif(not CASES.exists(), reason="the conformance cases are not here")
ORDER = UUID("00000000-0000-4000-8000-00000000000a")
STORY = UUID("00000000-0000-4000-8000-00000000000b")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
MINIMAL = {
    "specversion": "1.0",
    "id": "minimal",
    "type": "io.cloudevents.test",
    "source": "https://cloudevents.io",
}


def cases(name: str) -> list[Any]:
    file = CASES / f"{name}.json"
    return json.loads(file.read_text())["tests"] if file.exists() else []


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases(name), ids=lambda case: case["id"])


@here
def test_all_conformance_cases_are_tried() -> None:
    names = ("valid-events", "invalid-events", "valid-batches", "invalid-batches")

    assert [len(cases(name)) for name in names] == [10, 25, 5, 3]


@here
@of("valid-events")
def test_a_valid_event_is_read_and_written_back_the_same(case: dict[str, Any]) -> None:
    event = read(json.dumps(case["event"]))

    assert read(written(event)) == event
    told = {name: value for name, value in case["event"].items() if value is not None}
    assert json.loads(written(event)) | {"time": 0} == told | {"time": 0}


@here
@of("invalid-events")
def test_an_invalid_event_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidCloudEvent):
        read(json.dumps(case["event"]))


@here
@of("valid-batches")
def test_a_valid_batch_is_read_and_written_back_the_same(case: dict[str, Any]) -> None:
    events = read_batch(json.dumps(case["batch"]))

    assert len(events) == len(case["batch"])
    assert read_batch(written_batch(events)) == events


@here
@of("invalid-batches")
def test_of_an_invalid_batch_nothing_is_taken(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidCloudEvent):
        read_batch(json.dumps(case["batch"]))


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        ({"specversion": "0.9"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 25}, "id"),
        ({"time": "2018-04-05T18:31Z"}, "time"),
        ({"time": "2018-04-05T18:31:00+25:00"}, "time"),
        ({"datacontenttype": "xyz"}, "datacontenttype"),
        ({"dataschema": "no scheme"}, "dataschema"),
        ({"subject": ""}, "subject"),
        ({"myExtension": "x"}, "myExtension"),
        ({"extension": 1.5}, "extension"),
        ({"extension": 2**31}, "extension"),
        ({"data": "text", "data_base64": "TWE="}, "data_base64"),
        ({"data_base64": "%"}, "data_base64"),
    ],
)
def test_a_refusal_says_which_attribute_is_wrong(change: dict[str, Any], attribute: str) -> None:
    with pytest.raises(InvalidCloudEvent, match=f"^This is no CloudEvent 1.0: {attribute}: ") as refusal:
        read(json.dumps(MINIMAL | change))

    assert refusal.value.attribute == attribute


def test_offsets_are_the_same_moment_and_bytes_come_back_as_bytes() -> None:
    event = read(json.dumps(MINIMAL | {"time": "2018-04-05T18:31:00+01:00", "data_base64": "TWE="}))

    assert (event.time, event.data) == (datetime(2018, 4, 5, 17, 31, tzinfo=UTC), b"Ma")
    assert json.loads(written(event))["data_base64"] == "TWE="


@pytest.mark.parametrize("text", ["{", "[]", '"text"', b"\xff", "[" * 100_000], ids=range(5))
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidCloudEvent):
        read(text)


def envelope(**changes: Any) -> Envelope:
    known: dict[str, Any] = {
        "message": StockReserved(order_id=ORDER, lines=()),
        "position": 2**40,
        "id": UUID("01900000-0000-7000-8000-000000000001"),
        "stream": f"order-{ORDER}",
        "revision": None,
        "correlation_id": STORY,
        "causation_id": None,
        "occurred_at": MOMENT,
        "headers": {},
    }
    return Envelope(**known | changes)


@pytest.mark.parametrize(
    "sent",
    [
        envelope(),
        envelope(revision=7, causation_id=STORY),
        envelope(headers={"backdated": True, "actor": "a"}),
    ],
    ids=["plain", "with a cause", "with headers"],
)
def test_a_message_that_leaves_and_comes_in_is_the_same(sent: Envelope) -> None:
    came_in = envelope_of(read(written(cloud_event(sent, source="https://shop.example/inventory"))))

    assert came_in == sent


def test_a_message_says_as_a_cloud_event_what_others_look_for() -> None:
    event = json.loads(written(cloud_event(envelope(), source="https://shop.example/inventory")))

    assert event == {
        "specversion": "1.0",
        "id": "01900000-0000-7000-8000-000000000001",
        "source": "https://shop.example/inventory",
        "type": "inventory.stock_reserved",
        "datacontenttype": "application/json",
        "subject": f"order-{ORDER}",
        "time": "2026-01-02T03:04:05.678900Z",
        "messagekind": "event",
        "messageversion": 1,
        "partitionkey": f"order-{ORDER}",
        "sequence": "1099511627776",
        "correlationid": str(STORY),
        "data": {"order_id": str(ORDER), "lines": []},
    }


def foreign(**changes: Any) -> CloudEvent:
    told = {"id": "17", "source": "https://warehouse.example", "type": "inventory.stock_reserved"}
    return CloudEvent(**told | {"data": {"order_id": str(ORDER), "lines": []}} | changes)


def test_an_event_of_somebody_else_has_one_id_however_often_it_comes() -> None:
    first, again, other = envelope_of(foreign()), envelope_of(foreign()), envelope_of(foreign(source="urn:x"))

    assert first.id == again.id != other.id
    assert first.message == StockReserved(order_id=ORDER, lines=())
    assert (first.stream, first.correlation_id, first.revision) == (f"order-{ORDER}", first.id, None)


def test_an_event_of_an_unknown_type_is_left_to_newer_code() -> None:
    with pytest.raises(UnknownMessage, match="Deploy the newer code"):
        envelope_of(foreign(type="inventory.teleported"))


@pytest.mark.parametrize(
    "change",
    [{"data": {"lines": []}}, {"data": None}, {"extensions": {"correlationid": "x"}}, {"data": b"x"}],
    ids=["a field is missing", "no data", "no such story", "bytes"],
)
def test_an_event_that_is_no_message_of_its_type_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidCloudEvent):
        envelope_of(foreign(**change))
