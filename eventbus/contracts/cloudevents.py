"""CloudEvents 1.0 at the edge: any message can leave as one, and come in as one.

    (envelope,) = read_stream(f"order-{order_id}")
    text = written(cloud_event(envelope, source="https://shop.example/orders"))
    assert envelope_of(read(text)) == envelope

Only the format is here (structured JSON, and batches of it). What comes in is at least once, as everywhere:
whoever takes it into a log keeps its `id`, which is the same every time, and passes by what it has seen.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils import timezone
from msgspec import Struct

from eventbus.errors import EventBusError
from eventbus.messages import Envelope
from eventbus.registry import decode, encode

JSON = "application/json"
_REQUIRED = ("specversion", "id", "source", "type")
_OPTIONAL = ("datacontenttype", "dataschema", "subject", "time")
_DATA = ("data", "data_base64")
_LARGEST = 2**31
_EXTENSION = re.compile(r"[a-z0-9]+")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class InvalidCloudEvent(EventBusError):
    """What came in is no CloudEvent 1.0; `attribute` says where."""

    def __init__(self, attribute: str, says: str) -> None:
        super().__init__(f"This is no CloudEvent 1.0: {attribute}: {says}.")
        self.attribute = attribute


class CloudEvent(Struct, frozen=True, kw_only=True):
    """A CloudEvent 1.0; `data` is what JSON made of it, or bytes."""

    id: str
    source: str
    type: str
    datacontenttype: str = ""
    dataschema: str = ""
    subject: str = ""
    time: datetime | None = None
    extensions: dict[str, str | int | bool] = {}
    data: Any = None


def cloud_event(envelope: Envelope, *, source: str) -> CloudEvent:
    """The message with all that the bus knows of it. source: the URI of the context that publishes it."""
    contract = envelope.message.contract
    known: dict[str, Any] = {
        "messagekind": contract.kind,
        "messageversion": contract.version,
        "partitionkey": envelope.stream,
        "sequence": str(envelope.position),
        "correlationid": str(envelope.correlation_id),
        "causationid": str(envelope.causation_id) if envelope.causation_id else None,
        "revision": envelope.revision,
        "messageheaders": json.dumps(dict(envelope.headers)) if envelope.headers else None,
    }
    return CloudEvent(
        id=str(envelope.id),
        source=source,
        type=contract.name,
        datacontenttype=JSON,
        subject=envelope.stream,
        time=envelope.occurred_at,
        extensions={name: value for name, value in known.items() if value is not None},
        data=json.loads(encode(envelope.message)),
    )


def envelope_of(event: CloudEvent) -> Envelope:
    """The message that a CloudEvent carries, in today's shape; what it does not tell of is made up.

    Without `messageversion` it is version 1, without a time it happens now; an id that is no UUID becomes
    one, always the same for its source.
    Raises UnknownMessage where this process has no class for its type, InvalidCloudEvent for what is no data
    of that class or none of the bus's extensions.
    """
    told = event.extensions
    try:
        message = decode(event.type, int(told.get("messageversion", 1)), json.dumps(event.data))
        identity = _identity(event)
        return Envelope(
            message=message,
            position=int(told.get("sequence", 0)),
            id=identity,
            stream=str(told.get("partitionkey", message.stream)),
            revision=int(told["revision"]) if "revision" in told else None,
            correlation_id=UUID(str(told.get("correlationid", identity))),
            causation_id=UUID(str(told["causationid"])) if "causationid" in told else None,
            occurred_at=event.time or timezone.now(),
            headers=_headers(told),
        )
    except (ValueError, TypeError, RecursionError, LookupError, AttributeError) as refusal:
        raise InvalidCloudEvent("data", str(refusal).rstrip(".")) from refusal


def _headers(told: dict[str, str | int | bool]) -> dict[str, Any]:
    headers = json.loads(str(told.get("messageheaders", "{}")))
    if not isinstance(headers, dict):
        raise TypeError("messageheaders are no object")
    return headers


def _identity(event: CloudEvent) -> UUID:
    try:
        return UUID(event.id)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{event.source} {event.id}")


def written(event: CloudEvent) -> str:
    """The CloudEvent as JSON text."""
    return json.dumps(_plain(event))


def written_batch(events: Sequence[CloudEvent]) -> str:
    """The CloudEvents as the JSON text of a batch."""
    return json.dumps([_plain(event) for event in events])


def _plain(event: CloudEvent) -> dict[str, Any]:
    plain: dict[str, Any] = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    plain |= {name: getattr(event, name) for name in _OPTIONAL if getattr(event, name)}
    if event.time:
        plain["time"] = event.time.isoformat().replace("+00:00", "Z")
    if isinstance(event.data, bytes):
        plain["data_base64"] = base64.b64encode(event.data).decode()
    elif event.data is not None:
        plain["data"] = event.data
    return plain | event.extensions


def read(text: str | bytes) -> CloudEvent:
    """The CloudEvent that JSON text holds. Raises InvalidCloudEvent."""
    return _event(_parsed(text))


def read_batch(text: str | bytes) -> list[CloudEvent]:
    """The CloudEvents of a batch: all of them, or none. Raises InvalidCloudEvent."""
    found = _parsed(text)
    if not isinstance(found, list):
        raise InvalidCloudEvent("batch", "a batch is an array")
    return [_event(one) for one in found]


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as refusal:
        raise InvalidCloudEvent("JSON", str(refusal)) from refusal


def _event(found: Any) -> CloudEvent:
    if not isinstance(found, dict):
        raise InvalidCloudEvent("event", "an event is an object")
    told = {name: value for name, value in found.items() if value is not None}
    if (version := _text(told, "specversion")) != "1.0":
        raise InvalidCloudEvent("specversion", f"{version!r} is not 1.0")
    checked: dict[str, Any] = {name: _CHECKS[name](_text(told, name)) for name in _OPTIONAL if name in told}
    return CloudEvent(
        id=_text(told, "id"),
        source=_text(told, "source"),
        type=_text(told, "type"),
        **checked,
        extensions={
            name: _extension(name, value)
            for name, value in told.items()
            if name not in (*_REQUIRED, *_OPTIONAL, *_DATA)
        },
        data=_data(told),
    )


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidCloudEvent(name, f"a text that is not empty is expected, not {value!r}")
    return value


def _moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text.upper()):
        raise InvalidCloudEvent("time", f"{text!r} is no moment as RFC 3339 writes it")
    try:
        moment = datetime.fromisoformat(text.upper())
        moment.astimezone(UTC)  # what has no year there can be written into a database, and never be read
    except (ValueError, OverflowError) as refusal:
        raise InvalidCloudEvent("time", str(refusal)) from refusal
    return moment


def _media_type(text: str) -> str:
    if not _MEDIA_TYPE.fullmatch(text):
        raise InvalidCloudEvent("datacontenttype", f"{text!r} is no media type")
    return text


def _uri(text: str) -> str:
    if not _ABSOLUTE.fullmatch(text):
        raise InvalidCloudEvent("dataschema", f"{text!r} is no absolute URI")
    return text


_CHECKS: dict[str, Callable[[str], Any]] = {
    "datacontenttype": _media_type,
    "dataschema": _uri,
    "subject": str,
    "time": _moment,
}


def _extension(name: str, value: Any) -> str | int | bool:
    if not _EXTENSION.fullmatch(name):
        raise InvalidCloudEvent(name, "a name has small letters and digits only")
    if isinstance(value, str | bool) or (isinstance(value, int) and -_LARGEST <= value < _LARGEST):
        return value
    raise InvalidCloudEvent(name, f"{value!r} is no text, truth value or whole number of 32 bits")


def _data(told: dict[str, Any]) -> Any:
    if "data_base64" not in told:
        return told.get("data")
    if "data" in told:
        raise InvalidCloudEvent("data_base64", "the data is there twice")
    try:
        return base64.b64decode(_text(told, "data_base64"), validate=True)
    except binascii.Error as refusal:
        raise InvalidCloudEvent("data_base64", str(refusal)) from refusal
