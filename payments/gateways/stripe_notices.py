"""Stripe's webhooks: snapshot events, of which those about a payment intent or its charge are understood.

Let the endpoint send `payment_intent.*` and `charge.refunded`. Any other event is parked, as is one about a
payment that carries no id of ours. Read are only fields that Stripe's API has had since 2019, so that the
endpoint's API version may differ from the SDK's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from payments.errors import NoticeMalformed
from payments.gateways.port import Notice
from payments.gateways.signatures import TimestampedSeal
from payments.gateways.stripe_objects import Intent, StripeCharge, payment_id_in

SIGNATURE = "Stripe-Signature"

Text = Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")]


class StripeNotices:
    """Reads them."""

    provider = "stripe"
    answer = "received"

    def __init__(self, secrets: Sequence[str]) -> None:
        self._seal = TimestampedSeal(self.provider, SIGNATURE, secrets)

    def read(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Notice, ...]:
        """The notice in a request whose signature holds; raises a `NoticeRefused` otherwise."""
        self._seal.verify(body=body, headers=headers, now=now)
        return self.parse(body=body)

    def parse(self, *, body: bytes) -> tuple[Notice, ...]:
        """The notice in a body that was verified when it came; raises `NoticeMalformed`."""
        try:
            return (_notice(msgspec.json.decode(body, type=_Event)),)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise NoticeMalformed(self.provider, str(fault)) from fault


class _Data(Struct, frozen=True):
    object: dict[str, Any]


class _Event(Struct, frozen=True):
    id: Text
    type: Text
    data: _Data


def _notice(event: _Event) -> Notice:
    subject = event.data.object
    match subject.get("object"):
        case "payment_intent":
            return _about_intent(event, msgspec.convert(subject, Intent))
        case "charge" if subject.get("payment_intent"):
            return _about_charge(event, msgspec.convert(subject, StripeCharge))
    return Notice(event_id=event.id, kind=event.type, payment_id=None, reference="", charge=None)


def _about_intent(event: _Event, intent: Intent) -> Notice:
    return Notice(
        event_id=event.id,
        kind=event.type,
        payment_id=payment_id_in(intent.metadata),
        reference=intent.id,
        charge=intent.as_charge(),
    )


def _about_charge(event: _Event, charge: StripeCharge) -> Notice:
    """Only what was given back: all else an intent's own event says, and says better."""
    told = charge.as_charge() if event.type == "charge.refunded" else None
    return Notice(
        event_id=event.id,
        kind=event.type,
        payment_id=payment_id_in(charge.metadata),
        reference=charge.payment_intent or "",
        charge=told,
    )
