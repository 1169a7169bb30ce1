"""Webhooks of the sandbox processor.

POST /payments/webhooks/sandbox/
Sandbox-Signature: t=1614265330,v1=5257a869…     (signatures.timestamped_signature)

{"id": "evt_1", "type": "charge.captured", "charge": {
    "id": "<the payment's id>", "reference": "ch_1", "status": "captured", "currency": "GBP",
    "authorised": 1234, "captured": 1234, "refunded": 0, "refunds": [{"id": "<refund>", "amount": 100}],
    "challenge_url": "", "reason": "", "message": ""}}
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from payments.errors import NoticeMalformed
from payments.gateways.port import Charge, Notice, Refunded, Status
from payments.gateways.signatures import TimestampedSeal
from payments.money import Money

SIGNATURE = "Sandbox-Signature"

Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,100}\Z")]
Reference = Annotated[str, Meta(pattern=r"\A[!-~]{0,200}\Z")]
Sum = Annotated[int, Meta(ge=0, le=10**12)]


class SandboxNotices:
    """Reads them."""

    provider = "sandbox"
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
            event = msgspec.json.decode(body, type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise NoticeMalformed(self.provider, str(fault)) from fault
        return (event.as_notice(),)


class _Refund(Struct, frozen=True):
    id: Id
    amount: Sum


class SandboxCharge(Struct, frozen=True, kw_only=True):
    """A charge as the sandbox tells of it, in answers as in webhooks."""

    id: UUID
    reference: Reference
    status: Status
    currency: str
    authorised: Sum = 0
    captured: Sum = 0
    refunded: Sum = 0
    refunds: tuple[_Refund, ...] = ()
    challenge_url: str = ""
    reason: str = ""
    message: str = ""

    def as_charge(self) -> Charge:
        """The same in the words of the port."""
        return Charge(
            status=self.status,
            reference=self.reference,
            authorised=Money(self.authorised, self.currency),
            captured=Money(self.captured, self.currency),
            refunded=Money(self.refunded, self.currency),
            refunds=tuple(
                Refunded(refund_id=refund.id, amount=Money(refund.amount, self.currency))
                for refund in self.refunds
            ),
            challenge_url=self.challenge_url,
            reason=self.reason,
            message=self.message,
        )


class _Event(Struct, frozen=True, kw_only=True):
    id: Id
    type: Id
    charge: SandboxCharge | None = None

    def as_notice(self) -> Notice:
        charge = self.charge
        return Notice(
            event_id=self.id,
            kind=self.type,
            payment_id=charge.id if charge else None,
            reference=charge.reference if charge else "",
            charge=charge.as_charge() if charge else None,
        )
