"""Adyen's webhooks: standard notifications, several to a request, each item signed by itself.

There is no adapter that charges cards at Adyen: the reader is here because a processor of another shape shows
what an inbox may take for granted. The signature lies in the body, covers eight of an item's fields and no
moment, so that an item sent once more cannot be told from a replay; it has no effect either way, since the
inbox takes each item once. The payment's id is our `merchantReference`; `pspReference` names the item, and
one may come first as a success and later as a failure. Refunds, chargebacks and failed captures are parked.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from payments.errors import NoticeMalformed, NoticeNotSigned, WrongSignature
from payments.gateways.port import Charge, Notice, Status
from payments.gateways.signatures import signed
from payments.money import Money

_SIGNATURE = "additionalData.hmacSignature"
_REFUSED = "The card was refused. Please pay with another one."

Text = Annotated[str, Meta(pattern=r"\A[^\x00]{0,200}\Z")]
Code = Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")]


class AdyenNotices:
    """Reads them."""

    provider = "adyen"
    answer = "[accepted]"

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [binascii.unhexlify(key) for key in keys]

    def read(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Notice, ...]:
        """The notices of a request whose items are all rightly signed; raises a `NoticeRefused` otherwise."""
        items = self._items(body)
        for item in items:
            self._verify(item)
        return tuple(item.as_notice() for item in items)

    def parse(self, *, body: bytes) -> tuple[Notice, ...]:
        """The notices in a body that was verified when it came; raises `NoticeMalformed`."""
        return tuple(item.as_notice() for item in self._items(body))

    def _items(self, body: bytes) -> list["_Item"]:
        try:
            request = msgspec.json.decode(body, type=_Request)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise NoticeMalformed(self.provider, str(fault)) from fault
        return [envelope.item for envelope in request.items]

    def _verify(self, item: "_Item") -> None:
        try:
            given = base64.b64decode(item.extra.signature, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        if not given:
            raise NoticeNotSigned(_SIGNATURE)
        if not signed(item.signed_content, [given], self._keys):
            raise WrongSignature(self.provider)


class _Amount(Struct, frozen=True):
    value: Annotated[int, Meta(ge=0, le=10**12)]
    currency: Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]


class _Extra(Struct, frozen=True):
    signature: str = field(name="hmacSignature", default="")


class _Item(Struct, frozen=True, rename="camel"):
    psp_reference: Code
    event_code: Code
    success: Literal["true", "false"]
    amount: _Amount
    merchant_account_code: Text = ""
    merchant_reference: Text = ""
    original_reference: Text = ""
    reason: str = ""
    extra: _Extra = field(name="additionalData", default=_Extra())

    @property
    def signed_content(self) -> bytes:
        """What Adyen signs: these fields, in this order."""
        fields = (
            self.psp_reference,
            self.original_reference,
            self.merchant_account_code,
            self.merchant_reference,
            str(self.amount.value),
            self.amount.currency,
            self.event_code,
            self.success,
        )
        return ":".join(fields).encode()

    def as_notice(self) -> Notice:
        """What the item says of our payment."""
        return Notice(
            event_id=f"{self.psp_reference}:{self.event_code}:{self.success}",
            kind=self.event_code,
            payment_id=self._payment_id(),
            reference=self.original_reference or self.psp_reference,
            charge=self._charge(),
        )

    def _payment_id(self) -> UUID | None:
        try:
            return UUID(self.merchant_reference)
        except ValueError:
            return None

    def _charge(self) -> Charge | None:
        amount = Money(self.amount.value, self.amount.currency)
        nothing = Money.zero(self.amount.currency)
        match self.event_code, self.success:
            case "AUTHORISATION", "true":
                return self._told("authorised", amount, nothing)
            case "AUTHORISATION", _:
                return self._told("declined", nothing, nothing, _REFUSED)
            case "CAPTURE", "true":
                return self._told("captured", amount, amount)
            case "CANCELLATION", "true":
                return self._told("cancelled", nothing, nothing)
        return None

    def _told(self, status: Status, authorised: Money, captured: Money, message: str = "") -> Charge:
        return Charge(
            status=status,
            reference=self.original_reference or self.psp_reference,
            authorised=authorised,
            captured=captured,
            refunded=Money.zero(self.amount.currency),
            reason="card_declined" if message else "",
            message=message,
        )


class _Envelope(Struct, frozen=True):
    item: _Item = field(name="NotificationRequestItem")


class _Request(Struct, frozen=True):
    items: Annotated[list[_Envelope], Meta(min_length=1, max_length=100)] = field(name="notificationItems")
