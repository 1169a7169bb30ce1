"""The adapter for Stripe, through its SDK: one payment intent for each payment, captured by hand.

An intent is created with the payment's id as idempotency key, and carries it as metadata. Stripe replays the
first answer to a key for a day; a replay may be old, so that the intent is then asked for anew.

A charge whose answer was lost has no reference here: it is looked for by its metadata. Stripe's search lags
behind by a minute or so, but the key does not. So whoever cancels what cannot be found uses the key up, with
an intent that has no card (a tombstone): a charge that arrives later is refused, and one that had arrived
makes Stripe refuse the tombstone, which says that there is something to look for once more.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import stripe
from stripe.params import PaymentIntentCreateParams

from eventbus import DependencyDown, Reject, outgoing_headers
from payments.gateways.port import PROCESSOR, Charge
from payments.gateways.stripe_objects import Intent, StripeRefund, payment_id_in
from payments.money import Money

# The checkout takes test cards only, under the sandbox's names; with a test key they are Stripe's own. A live
# shop has Stripe's hosted fields in their place, whose names of cards pass through as they are.
_TEST_CARDS = {
    "tok_visa": "pm_card_visa",
    "tok_declined": "pm_card_visa_chargeDeclined",
    "tok_insufficient": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "tok_challenge": "pm_card_threeDSecure2Required",
}
# Nobody can pay it; the sum only has to be one that Stripe takes in every currency.
_TOMBSTONE_AMOUNT = 1_000_000
_TRIES = 3


class _Client(stripe.RequestsClient):
    """Says in each request which story it belongs to."""

    def request(  # type: ignore[override]  # the SDK's own classes differ
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request and return its answer."""
        return super().request(method, url, {**(headers or {}), **outgoing_headers()}, post_data)


class StripeGateway:
    """Speaks to Stripe. Trying again is the bus's affair, so the SDK does not."""

    provider = "stripe"

    def __init__(self, *, api_key: str, url: str, timeout_seconds: float) -> None:
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": url},
            http_client=_Client(timeout=timeout_seconds),
            max_network_retries=0,
        )
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds

    def authorise(self, *, payment_id: UUID, amount: Money, card_token: str, return_url: str) -> Charge:
        """Set the money aside; the answer may be a challenge, after which the shopper is at `return_url`."""
        wanted: PaymentIntentCreateParams = {
            "amount": amount.amount,
            "currency": amount.currency.lower(),
            "payment_method": _TEST_CARDS.get(card_token, card_token),
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "metadata": {"payment_id": str(payment_id)},
        }
        if return_url:
            wanted["return_url"] = return_url
        with _asking("set the money aside"):
            try:
                answer = self._intents.create(wanted, {"idempotency_key": str(payment_id)})
            except stripe.CardError as refusal:
                return _refused(refusal).as_charge()
            except stripe.IdempotencyError as conflict:
                return self._used_before(payment_id, conflict)
        intent = _intent(answer)
        if _is_replay(answer):
            return self.find(payment_id=payment_id, reference=intent.id, currency=amount.currency)
        return intent.as_charge()

    def capture(self, *, payment_id: UUID, reference: str, amount: Money) -> Charge:
        """Take the money that was set aside, unless this payment has been cancelled before."""
        with _asking("take the money"):
            try:
                return _intent(
                    self._intents.capture(reference, {"amount_to_capture": amount.amount})
                ).as_charge()
            except (stripe.InvalidRequestError, stripe.CardError):
                found = self.find(payment_id=payment_id, reference=reference, currency=amount.currency)
                if found.status == "authorised":
                    raise
                return found

    def cancel(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """See to it that no money is held and none will be, whether or not the charge ever arrived."""
        for _ in range(_TRIES):
            with _asking("let go of the money"):
                intent = self._look(payment_id, reference)
                if intent is None:
                    return self._bury(payment_id, currency)
                if self._is_over(intent):
                    return intent.as_charge(self._refunds_of(intent))
                self._undo(intent)
        raise DependencyDown(PROCESSOR)

    def refund(self, *, payment_id: UUID, reference: str, refund_id: UUID, amount: Money) -> Charge:
        """Give back a part of what was captured, once per refund."""
        with _asking("give the money back"):
            intent = self._look(payment_id, reference)
            if intent is None:
                raise Reject(f"The {PROCESSOR} knows of no payment {payment_id} to give back.")
            known = [r for r in self._refunds_of(intent) if r.metadata.get("refund_id") == str(refund_id)]
            for refund in known or [self._give_back(intent, payment_id, refund_id, amount)]:
                _check(refund, amount)
        return self.find(payment_id=payment_id, reference=intent.id, currency=amount.currency)

    def find(self, *, payment_id: UUID, reference: str, currency: str) -> Charge:
        """What Stripe knows now; `pending` when no charge has arrived, or cannot be found yet."""
        with _asking("show the payment"):
            intent = self._look(payment_id, reference)
            if intent is not None:
                return intent.as_charge(self._refunds_of(intent) if intent.given_back else ())
        nothing = Money.zero(currency)
        return Charge(status="pending", reference="", authorised=nothing, captured=nothing, refunded=nothing)

    def _look(self, payment_id: UUID, reference: str) -> Intent | None:
        if reference:
            intent = _intent(self._intents.retrieve(reference, {"expand": ["latest_charge"]}))
            if payment_id_in(intent.metadata) != payment_id:
                raise Reject(f"{reference} is not the {PROCESSOR}'s reference of payment {payment_id}.")
            return intent
        query = f"metadata['payment_id']:'{payment_id}'"
        found = self._intents.search({"query": query, "limit": 1, "expand": ["data.latest_charge"]})
        return _intent(found.data[0]) if found.data else None

    def _refunds_of(self, intent: Intent) -> tuple[StripeRefund, ...]:
        shown = self._refunds.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()
        return tuple(msgspec.convert(refund.to_dict(), StripeRefund) for refund in shown)

    def _used_before(self, payment_id: UUID, conflict: stripe.IdempotencyError) -> Charge:
        """The payment's key was used for something else: a tombstone, or a charge of another sum."""
        intent = self._look(payment_id, "")
        if intent is None:
            raise DependencyDown(PROCESSOR) from conflict
        if intent.as_charge().status != "cancelled":
            raise conflict
        return intent.as_charge()

    def _bury(self, payment_id: UUID, currency: str) -> Charge:
        """Use the payment's key up, so that no charge can be made with it any more."""
        try:
            answer = self._intents.create(
                {
                    "amount": _TOMBSTONE_AMOUNT,
                    "currency": currency.lower(),
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"payment_id": str(payment_id), "tombstone": "yes"},
                },
                {"idempotency_key": str(payment_id)},
            )
        except stripe.IdempotencyError as arrived:
            raise DependencyDown(PROCESSOR) from arrived
        return _intent(self._intents.cancel(answer.id)).as_charge()

    def _is_over(self, intent: Intent) -> bool:
        return intent.status == "canceled" or (
            intent.status == "succeeded" and intent.given_back >= intent.amount_received
        )

    def _undo(self, intent: Intent) -> None:
        """Void what is set aside, or give the rest of it back; somebody else may be quicker."""
        try:
            if intent.status == "succeeded":
                marks = {**intent.metadata, "cancels": "yes"}
                self._refunds.create({"payment_intent": intent.id, "metadata": marks})
            else:
                self._intents.cancel(intent.id)
        except stripe.InvalidRequestError as late:
            if late.code not in {"charge_already_refunded", "payment_intent_unexpected_state"}:
                raise

    def _give_back(self, intent: Intent, payment_id: UUID, refund_id: UUID, amount: Money) -> StripeRefund:
        marks = {"payment_id": str(payment_id), "refund_id": str(refund_id)}
        answer = self._refunds.create(
            {"payment_intent": intent.id, "amount": amount.amount, "metadata": marks},
            {"idempotency_key": str(refund_id)},
        )
        return msgspec.convert(answer.to_dict(), StripeRefund)


def _check(refund: StripeRefund, wanted: Money) -> None:
    """Refuse a refund that was made of another sum, or that did not reach the card."""
    made = Money(refund.amount, refund.currency.upper())
    if made != wanted:
        raise Reject(f"The {PROCESSOR} refused to give {wanted} back: this refund was made of {made}.")
    if not refund.counts:
        raise Reject(f"The {PROCESSOR} could not give {wanted} back: {refund.failure_reason or 'no reason'}.")


def _intent(answer: stripe.PaymentIntent) -> Intent:
    return msgspec.convert(answer.to_dict(), Intent)


def _is_replay(answer: stripe.PaymentIntent) -> bool:
    response = answer.last_response
    return response is not None and dict(response.headers).get("Idempotent-Replayed") == "true"


def _refused(refusal: stripe.CardError) -> Intent:
    """The intent whose card was refused; Stripe shows it inside the refusal."""
    try:
        return msgspec.json.decode(refusal.http_body or "", type=_Refusal).error.payment_intent
    except msgspec.DecodeError:
        raise refusal from None


class _Error(msgspec.Struct, frozen=True):
    payment_intent: Intent


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error


@contextmanager
def _asking(what: str) -> Generator[None]:
    """Tell what may be asked again (the outcome is unknown, or the API key is wrong) from what may not."""
    try:
        yield
    except (stripe.CardError, stripe.IdempotencyError, stripe.InvalidRequestError) as refusal:
        code = refusal.code or type(refusal).__name__
        raise Reject(f"The {PROCESSOR} refused to {what}: {code}: {refusal.user_message}") from refusal
    except (stripe.StripeError, msgspec.ValidationError) as failure:
        raise DependencyDown(PROCESSOR) from failure
