"""How far a payment has come, computed from what its ledger says."""

from collections.abc import Iterable

from django.db import models


class PaymentMethod(models.TextChoices):
    """How an order is paid."""

    CARD = "card"
    ACCOUNT = "account", "on account"


class PaymentState(models.TextChoices):
    """How far a payment has come, in this order: a later one never turns into an earlier one."""

    PENDING = "pending"
    CHALLENGED = "challenged", "waiting for the shopper's bank"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int:
        """Its place in the list."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(PaymentState)}


class EntryKind(models.TextChoices):
    """What the ledger can say about a payment."""

    CHALLENGED = "challenged"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    DUPLICATED = "duplicated"


def state_told_by(kinds: Iterable[str]) -> PaymentState:
    """The state of a payment whose ledger has entries of these kinds, in whichever order they came."""
    told = (PaymentState(kind) for kind in kinds if kind in PaymentState.values)
    return max(told, key=lambda state: state.rank, default=PaymentState.PENDING)
