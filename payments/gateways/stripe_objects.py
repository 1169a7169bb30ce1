"""What we read of Stripe's objects, and what it means in the words of the port."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from payments.gateways.port import Charge, Refunded, Status
from payments.money import Money

Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,200}\Z")]
Sum = Annotated[int, Meta(ge=0, le=10**12)]

_STATUSES: dict[str, Status] = {
    "requires_confirmation": "pending",
    "processing": "pending",
    "requires_action": "challenge",
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "cancelled",
}
_SORRY = "The card was refused. Please pay with another one."


class CardProblem(Struct, frozen=True):
    """Why a card was refused: a code, the bank's own code, and a sentence for the shopper."""

    code: str | None = None
    decline_code: str | None = None
    message: str | None = None

    @property
    def reason(self) -> str:
        """The code that says most: `insufficient_funds` rather than `card_declined`."""
        generic = {None, "", "generic_decline"}
        return (self.code if self.decline_code in generic else self.decline_code) or "card_declined"


class Redirect(Struct, frozen=True):
    """Where the bank wants to see the shopper."""

    url: str | None = None


class NextAction(Struct, frozen=True):
    """What the shopper has to do."""

    redirect_to_url: Redirect | None = None


class StripeRefund(Struct, frozen=True, kw_only=True):
    """One refund; `metadata` names ours."""

    amount: Sum
    currency: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = {}

    @property
    def counts(self) -> bool:
        """Whether the money has left us, or is leaving."""
        return self.status not in {"failed", "canceled"}


class StripeCharge(Struct, frozen=True, kw_only=True):
    """The money of a payment intent: what was set aside, taken and given back."""

    amount: Sum
    currency: str
    payment_intent: Id | None = None
    captured: bool = False
    refunded: bool = False
    amount_captured: Sum = 0
    amount_refunded: Sum = 0
    metadata: dict[str, str] = {}

    def as_charge(self) -> Charge:
        """The charge as the shop sees it; where nothing was captured, giving back means letting go."""
        released = self.refunded and not self.captured
        unsure: Status = "cancelled" if released else "authorised"
        return Charge(
            status="captured" if self.captured else unsure,
            reference=self.payment_intent or "",
            authorised=Money(0 if released else self.amount, self.currency.upper()),
            captured=Money(self.amount_captured, self.currency.upper()),
            refunded=Money(self.amount_refunded if self.captured else 0, self.currency.upper()),
        )


class Intent(Struct, frozen=True, kw_only=True):
    """A payment intent: one attempt to be paid, whatever it takes."""

    id: Id
    amount: Sum
    currency: str
    status: str
    amount_received: Sum = 0
    latest_charge: StripeCharge | str | None = None
    last_payment_error: CardProblem | None = None
    next_action: NextAction | None = None
    metadata: dict[str, str] = {}

    @property
    def given_back(self) -> int:
        """The minor units that were given back, where the charge was shown with the intent."""
        charge = self.latest_charge
        return charge.amount_refunded if isinstance(charge, StripeCharge) and charge.captured else 0

    def as_charge(self, refunds: tuple[StripeRefund, ...] = ()) -> Charge:
        """The intent as the shop sees it, with the refunds where they were asked for."""
        currency = self.currency.upper()
        status, problem = self._status(refunds), self.last_payment_error or CardProblem()
        declined = status == "declined"
        redirect = self.next_action and self.next_action.redirect_to_url
        return Charge(
            status=status,
            reference=self.id,
            authorised=Money(self.amount if self.status in _SET_ASIDE else 0, currency),
            captured=Money(self.amount_received, currency),
            refunded=Money(self.given_back, currency),
            refunds=tuple(
                Refunded(refund_id=refund.metadata["refund_id"], amount=Money(refund.amount, currency))
                for refund in refunds
                if refund.counts and "refund_id" in refund.metadata
            ),
            challenge_url=(redirect and redirect.url) or "" if status == "challenge" else "",
            reason=problem.reason if declined else "",
            message=(problem.message or _SORRY) if declined else "",
        )

    def _status(self, refunds: tuple[StripeRefund, ...]) -> Status:
        if any(refund.counts and "cancels" in refund.metadata for refund in refunds):
            return "cancelled"
        if "tombstone" in self.metadata:
            return "cancelled"
        if self.status == "requires_payment_method":
            return "declined" if self.last_payment_error else "pending"
        return _STATUSES.get(self.status, "pending")


_SET_ASIDE = {"requires_capture", "succeeded"}


def payment_id_in(metadata: dict[str, str]) -> UUID | None:
    """The id of our payment that an object was marked with, if it is ours."""
    try:
        return UUID(metadata.get("payment_id", ""))
    except ValueError:
        return None
