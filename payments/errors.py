"""Refusals, one class each."""

from uuid import UUID


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
    """No payment of this kind was requested for the order."""

    def __init__(self, order_id: UUID, method: str) -> None:
        super().__init__(f"No payment by {method} was requested for order {order_id}.")
        self.order_id, self.method = order_id, method


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
