"""The cards that the sandbox knows, each with its way of paying, or of failing to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """challenge: the bank wants to see the shopper. at_once: captured without being asked, as wallets are.

    late: the money is taken, and the answer lost. noisy: its webhooks come twice, the last ones first.
    """

    decline: tuple[str, str] | None = None
    challenge: bool = False
    at_once: bool = False
    late: bool = False
    down: bool = False
    noisy: bool = False


CARDS = {
    "tok_visa": Card(),
    "tok_declined": Card(decline=("card_declined", "The card was declined by the bank that issued it.")),
    "tok_insufficient": Card(
        decline=("insufficient_funds", "The card does not have enough money for this payment.")
    ),
    "tok_challenge": Card(challenge=True),
    "tok_instant": Card(at_once=True),
    "tok_wallet": Card(challenge=True, at_once=True),
    "tok_timeout": Card(late=True),
    "tok_down": Card(down=True),
    "tok_noisy": Card(noisy=True),
}

REFUSED_BY_SHOPPER = ("challenge_refused", "The payment was not confirmed with the bank.")
