"""The adapter for the sandbox processor."""

from typing import Any
from uuid import UUID

import httpx
import msgspec

from eventbus import DependencyDown, Reject
from payments.gateways.port import PROCESSOR, Charge, Status
from payments.money import Money


class SandboxGateway:
    """Speaks HTTP to the sandbox processor."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def charge(self, *, payment_id: UUID, amount: Money, card_token: str) -> Charge:
        """Take the amount from the card, unless this payment has been cancelled before."""
        fields = {"id": str(payment_id), "card": card_token, **msgspec.structs.asdict(amount)}
        return self._post("/v1/charges", fields, amount.currency)

    def cancel(self, *, payment_id: UUID, currency: str) -> Charge:
        """See to it that no money is held and none will be, whether or not the charge ever arrived."""
        return self._post(f"/v1/charges/{payment_id}/cancel", {}, currency)

    def refund(self, *, payment_id: UUID, refund_id: UUID, amount: Money) -> Charge:
        """Give back a part of what was captured."""
        fields = {"id": str(refund_id), **msgspec.structs.asdict(amount)}
        return self._post(f"/v1/charges/{payment_id}/refunds", fields, amount.currency)

    def _post(self, path: str, fields: dict[str, Any], currency: str) -> Charge:
        try:
            response = self._client.post(path, json=fields)
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (httpx.TransportError, msgspec.DecodeError) as failure:
            raise DependencyDown(PROCESSOR) from failure
        if response.status_code >= 500 or response.status_code == 429:
            raise DependencyDown(PROCESSOR)
        if answer.charge is None:
            raise Reject(f"The {PROCESSOR} refused POST {path}: {answer.error.code}: {answer.error.message}")
        return answer.charge.as_charge(currency, answer.error)


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Charge(msgspec.Struct, frozen=True):
    status: Status
    reference: str
    captured: int
    refunded: int

    def as_charge(self, currency: str, error: _Error) -> Charge:
        return Charge(
            status=self.status,
            reference=self.reference,
            authorised=Money(self.captured, currency),
            captured=Money(self.captured, currency),
            refunded=Money(self.refunded, currency),
            reason=error.code,
            message=error.message,
        )


class _Answer(msgspec.Struct, frozen=True):
    charge: _Charge | None = None
    error: _Error = _Error()
