"""The adapter for the sandbox processor."""

from typing import Any
from uuid import UUID

import httpx
import msgspec

from eventbus import DependencyDown, Reject
from payments.gateways.port import PROCESSOR, Charge
from payments.gateways.sandbox_notices import SandboxCharge
from payments.money import Money


class SandboxGateway:
    """Speaks HTTP to the sandbox processor, which knows a charge by the payment's id."""

    provider = "sandbox"

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def authorise(self, *, payment_id: UUID, amount: Money, card_token: str, return_url: str) -> Charge:
        """Set the money aside; the answer may be a challenge, after which the shopper is at `return_url`."""
        fields = {"id": str(payment_id), "card": card_token, "return_url": return_url}
        return self._ask("POST", "/v1/charges", fields | msgspec.structs.asdict(amount))

    def capture(self, *, payment_id: UUID, reference: str, amount: Money) -> Charge:
        """Take the money that was set aside, unless this payment has been cancelled before."""
        return self._ask("POST", f"/v1/charges/{payment_id}/capture", msgspec.structs.asdict(amount))

    def cancel(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """See to it that no money is held and none will be, whether or not the charge ever arrived."""
        return self._ask("POST", f"/v1/charges/{payment_id}/cancel", {"currency": currency})

    def refund(self, *, payment_id: UUID, reference: str, refund_id: UUID, amount: Money) -> Charge:
        """Give back a part of what was captured, once per refund."""
        fields = {"id": str(refund_id), **msgspec.structs.asdict(amount)}
        return self._ask("POST", f"/v1/charges/{payment_id}/refunds", fields)

    def find(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """What the processor knows now; `pending` when no charge has arrived."""
        nothing = Money.zero(currency)
        unknown = Charge(
            status="pending", reference="", authorised=nothing, captured=nothing, refunded=nothing
        )
        return self._ask("GET", f"/v1/charges/{payment_id}", unknown=unknown)

    def _ask(
        self, method: str, path: str, fields: dict[str, Any] | None = None, unknown: Charge | None = None
    ) -> Charge:
        try:
            response = self._client.request(method, path, json=fields)
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (httpx.TransportError, msgspec.DecodeError) as failure:
            raise DependencyDown(PROCESSOR) from failure
        if response.status_code >= 500 or response.status_code == 429:
            raise DependencyDown(PROCESSOR)
        if answer.charge is not None:
            return answer.charge.as_charge()
        if answer.error.code == "unknown_charge" and unknown is not None:
            return unknown
        raise Reject(f"The {PROCESSOR} refused {method} {path}: {answer.error.code}: {answer.error.message}")


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Answer(msgspec.Struct, frozen=True):
    charge: SandboxCharge | None = None
    error: _Error = _Error()
