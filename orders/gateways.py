"""The port to the carrier, and its adapter for the sandbox."""

import atexit
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Protocol
from uuid import UUID

import httpx
import msgspec
from django.conf import settings

from eventbus import DependencyDown, outgoing_headers
from orders.errors import ParcelRefused
from orders.events import Address

CARRIER = "carrier"
MOST_PARCELS = 100
"""How many parcels the carrier looks for in one answer."""


class Scan(msgspec.Struct, frozen=True):
    """One time the carrier saw a parcel; `number` counts from 1 and never changes."""

    number: int
    status: str
    place: str
    at: datetime


class _Tracking(msgspec.Struct):
    shipments: dict[UUID, tuple[Scan, ...]]


class Carrier(Protocol):
    """Takes parcels. The shipment's id is the idempotency key: any call may be repeated.

    Raises `ParcelRefused` when asking again cannot help, `DependencyDown` when the outcome is unknown.
    """

    def schedule(self, *, shipment_id: UUID, name: str, address: Address | None) -> str:
        """Book the parcel and answer with its tracking number."""

    def cancel(self, *, shipment_id: UUID) -> None:
        """See to it that the parcel does not leave, whether or not it was ever booked."""

    def track(self, *, shipment_ids: Sequence[UUID]) -> dict[UUID, tuple[Scan, ...]]:
        """Where these parcels were seen so far, the oldest scan first; at most `MOST_PARCELS` of them."""


class SandboxCarrier:
    """Speaks HTTP to the sandbox."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def schedule(self, *, shipment_id: UUID, name: str, address: Address | None) -> str:
        """Book the parcel and answer with its tracking number."""
        where = {"name": name} | (msgspec.to_builtins(address) if address else {})
        response = self._call("POST", "/v1/shipments", {"id": str(shipment_id), "address": where})
        if response.is_client_error:
            raise ParcelRefused(_reason(response))
        return str(response.json()["tracking_number"])

    def cancel(self, *, shipment_id: UUID) -> None:
        """See to it that the parcel does not leave, whether or not it was ever booked."""
        # A refusal is no answer to this: whoever asked must know that the parcel may still leave.
        self._call("POST", f"/v1/shipments/{shipment_id}/cancel", {}).raise_for_status()

    def track(self, *, shipment_ids: Sequence[UUID]) -> dict[UUID, tuple[Scan, ...]]:
        """Where these parcels were seen so far, the oldest scan first; at most `MOST_PARCELS` of them."""
        response = self._call("POST", "/v1/tracking", {"ids": [str(each) for each in shipment_ids]})
        return msgspec.json.decode(response.raise_for_status().content, type=_Tracking).shipments

    def _call(self, method: str, path: str, body: dict[str, object]) -> httpx.Response:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.TransportError as failure:
            raise DependencyDown(CARRIER) from failure
        if response.status_code == 429 or response.is_server_error:
            raise DependencyDown(CARRIER)
        return response


def _reason(response: httpx.Response) -> str:
    return str(response.json().get("reason", response.text))


def carrier() -> Carrier:
    """The carrier that the settings ask for."""
    return SandboxCarrier(_client(settings.SANDBOX_URL))


@cache
def _client(base_url: str) -> httpx.Client:
    hooks = {"request": [_say_which_story]}
    client = httpx.Client(base_url=base_url, timeout=5, trust_env=False, event_hooks=hooks)
    atexit.register(client.close)
    return client


def _say_which_story(request: httpx.Request) -> None:
    request.headers.update(outgoing_headers())
