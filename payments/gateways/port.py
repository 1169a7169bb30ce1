"""The port to card processors: what the shop asks of one, and what it is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from payments.money import Money

PROCESSOR = "card processor"

Status = Literal["pending", "challenge", "authorised", "captured", "declined", "cancelled"]


class Refunded(Struct, frozen=True, kw_only=True):
    """One refund as the processor knows it, by the id that the shop gave it."""

    refund_id: str
    amount: Money


class Charge(Struct, frozen=True, kw_only=True):
    """What a processor knows of one payment.

    `reference` is the processor's own id, the money is summed up so far, `message` is for the shopper.
    `challenge_url` is where the bank wants to see the shopper while the status is `challenge`.
    """

    status: Status
    reference: str
    authorised: Money
    captured: Money
    refunded: Money
    refunds: tuple[Refunded, ...] = ()
    challenge_url: str = ""
    reason: str = ""
    message: str = ""


class CardGateway(Protocol):
    """Moves money at a card processor. The payment's id is the idempotency key: any call may be repeated.

    Raises `DependencyDown` when the outcome is unknown, `Reject` when asking again cannot help.
    """

    provider: str
    """The name that payments and webhooks of this processor carry: "sandbox", "stripe"."""

    def authorise(self, *, payment_id: UUID, amount: Money, card_token: str, return_url: str) -> Charge:
        """Set the money aside; the answer may be a challenge, after which the shopper is at `return_url`."""

    def capture(self, *, payment_id: UUID, reference: str, amount: Money) -> Charge:
        """Take the money that was set aside, unless this payment has been cancelled before."""

    def cancel(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """See to it that no money is held and none will be, whether or not the charge ever arrived."""

    def refund(self, *, payment_id: UUID, reference: str, refund_id: UUID, amount: Money) -> Charge:
        """Give back a part of what was captured, once per refund."""

    def find(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """What the processor knows now; `pending` when no charge has arrived."""


class Notice(Struct, frozen=True, kw_only=True):
    """What one webhook says; without a charge it is valid, but not about a payment that we understand."""

    event_id: str
    kind: str
    payment_id: UUID | None
    reference: str
    charge: Charge | None


class NoticeReader(Protocol):
    """Reads one processor's webhooks."""

    answer: str
    """What the processor wants to hear when a webhook has been accepted."""

    def read(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Notice, ...]:
        """The notices in a request whose signature holds; raises a `NoticeRefused` otherwise."""

    def parse(self, *, body: bytes) -> tuple[Notice, ...]:
        """The notices in a body that was verified when it came; raises `NoticeMalformed`."""
