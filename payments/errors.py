"""Refusals, one class each."""

from uuid import UUID

from payments.money import Money


class UnknownCard(ValueError):
    """The card number is none of the test cards that this shop takes."""

    def __init__(self) -> None:
        super().__init__("This shop takes test cards only. Try 4242 4242 4242 4242.")


class CardRequired(ValueError):
    """A payment by card was requested without a card."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} is to be paid by card, but no card was given.")
        self.order_id = order_id


class UnknownPayment(LookupError):
    """No payment, or none of this kind, was requested for the order."""

    def __init__(self, order_id: UUID, method: str = "") -> None:
        super().__init__(f"No payment{f' by {method}' if method else ''} was requested for order {order_id}.")
        self.order_id, self.method = order_id, method


class PaymentNotFound(LookupError):
    """There is no payment with this id."""

    def __init__(self, payment_id: UUID) -> None:
        super().__init__(f"There is no payment {payment_id}.")
        self.payment_id = payment_id


class AmountNotPositive(ValueError):
    """Nothing, or less than nothing, was to be paid or given back."""

    def __init__(self, amount: Money) -> None:
        super().__init__(f"{amount} cannot be paid or given back: name an amount above zero.")
        self.amount = amount


class AmountTooLarge(ValueError):
    """More was to be paid than any order of this shop can cost."""

    def __init__(self, amount: Money, limit: Money) -> None:
        super().__init__(f"{amount} is more than a payment can be; the limit is {limit}.")
        self.amount, self.limit = amount, limit


class PaymentAlreadyRequested(ValueError):
    """The order has its payment; another card is tried with `try_another_card`."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"A payment for order {order_id} was requested before.")
        self.order_id = order_id


class AlreadyPaid(ValueError):
    """Another card was offered for an order that is paid."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__("This order is paid already; nothing was taken from the new card.")
        self.order_id = order_id


class PaymentUnderWay(ValueError):
    """Another card was offered while the bank has confirmed the first one and its money is being taken."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__("Your bank has just confirmed the payment; nothing was taken from the new card.")
        self.order_id = order_id


class PaymentEnded(ValueError):
    """Another card was offered for a payment that has been declined or cancelled, and the order with it."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__("This order's payment has ended, so no other card can be used. Please order again.")
        self.order_id = order_id


class OtherReference(ValueError):
    """The processor speaks of a payment of ours under an id that is not the one it gave us before."""

    def __init__(self, payment_id: UUID, known: str, told: str) -> None:
        super().__init__(f"Payment {payment_id} is {known} at the processor, and not {told}.")
        self.payment_id, self.known, self.told = payment_id, known, told


class ImpossibleCharge(ValueError):
    """What the processor says cannot be: more given back than taken, or not the sum that is due."""

    def __init__(self, payment_id: UUID, due: Money, captured: Money, refunded: Money) -> None:
        super().__init__(
            f"The processor says that of payment {payment_id} over {due} it took {captured} and gave back "
            f"{refunded}; find out there what happened."
        )
        self.payment_id, self.due, self.captured, self.refunded = payment_id, due, captured, refunded


class RefundTooLarge(ValueError):
    """More was to be given back than was captured and not asked back before."""

    def __init__(self, order_id: UUID, amount: Money, left: Money) -> None:
        super().__init__(
            f"{amount} cannot be given back for order {order_id}: {left} is left of its payment."
        )
        self.order_id, self.amount, self.left = order_id, amount, left


class RefundIdReused(ValueError):
    """A refund's id was used for another amount or another order before."""

    def __init__(self, refund_id: UUID, amount: Money, before: Money) -> None:
        super().__init__(
            f"Refund {refund_id} over {amount} was asked for as {before} before; use an id of its own."
        )
        self.refund_id, self.amount, self.before = refund_id, amount, before


class NoProcessor(RuntimeError):
    """A card is to be charged, and the settings name no processor that could; in production no sandbox is."""

    def __init__(self, provider: str = "") -> None:
        super().__init__(
            f"The card processor {provider!r} cannot be used here."
            if provider
            else "No card processor is set up: set STRIPE_SECRET_KEY. The sandbox is for development only."
        )
        self.provider = provider


class NoticeRefused(ValueError):
    """A webhook that is not accepted, and leaves no trace; `status` is the HTTP status that says so."""

    status = 400


class UnknownProcessor(NoticeRefused):
    """A webhook of a processor that this shop does not know, or has no secret for."""

    status = 404

    def __init__(self, provider: str) -> None:
        super().__init__(f"This shop takes no webhooks from {provider!r}.")
        self.provider = provider


class NoticeWithoutLength(NoticeRefused):
    """A webhook that does not say how long it is."""

    status = 411

    def __init__(self) -> None:
        super().__init__("Say in Content-Length how long the webhook is.")


class NoticeTooLarge(NoticeRefused):
    """A webhook that is longer than any of a payment can be; its body is not read."""

    status = 413

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"The webhook has {length} bytes; at most {limit} are taken.")
        self.length, self.limit = length, limit


class NoticeTruncated(NoticeRefused):
    """A webhook of which less arrived than its length says."""

    def __init__(self, length: int, arrived: int) -> None:
        super().__init__(f"Of the webhook's {length} bytes only {arrived} arrived.")
        self.length, self.arrived = length, arrived


class NoticeMalformed(NoticeRefused):
    """A webhook that is rightly signed, and not of its processor's form."""

    def __init__(self, provider: str, fault: str) -> None:
        super().__init__(f"This is no webhook of {provider}: {fault}.")
        self.provider, self.fault = provider, fault


class NoticeNotSigned(NoticeRefused):
    """A webhook without a signature, or with one that cannot be read."""

    status = 401

    def __init__(self, place: str) -> None:
        super().__init__(f"The webhook has no signature in {place} that can be read.")
        self.place = place


class WrongSignature(NoticeRefused):
    """A webhook that was signed with none of the secrets, or changed on its way."""

    status = 401

    def __init__(self, provider: str) -> None:
        super().__init__(f"The webhook's signature matches none of this shop's secrets for {provider}.")
        self.provider = provider


class NoticeOutOfTime(NoticeRefused):
    """A webhook that was signed too long ago, or in the future: somebody may be sending it once more."""

    def __init__(self, age_seconds: int, tolerance_seconds: int) -> None:
        super().__init__(
            f"The webhook was signed {age_seconds} s ago; it counts for {tolerance_seconds} s either way."
        )
        self.age_seconds, self.tolerance_seconds = age_seconds, tolerance_seconds
