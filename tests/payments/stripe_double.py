"""A Stripe of our own: payment intents and refunds with a memory, as the public API answers.

It refuses parameters that the API does not have, replays answers by idempotency key, finds by metadata, and
notes the events that Stripe would send. The objects take their shape from Stripe's published samples where
those lie beside the project, and from the few fields below where they do not.
"""

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

SAMPLES = Path(__file__).resolve().parents[3] / "shared/data/messages/stripe_fixtures3.json.gz"
MINIMAL: dict[str, dict[str, Any]] = {
    "payment_intent": {"object": "payment_intent", "livemode": False},
    "charge": {"object": "charge", "livemode": False, "paid": True},
    "refund": {"object": "refund", "reason": None},
    "event": {"object": "event", "livemode": False, "pending_webhooks": 1},
}
CREATE = {
    "amount",
    "currency",
    "payment_method",
    "allowed_payment_method_types",
    "capture_method",
    "confirm",
    "return_url",
    "metadata",
    "expand",
}
REFUSALS = {
    "pm_card_visa_chargeDeclined": ("generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclinedInsufficientFunds": (
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
}
CARDS = {"pm_card_visa", "pm_card_threeDSecure2Required", "pm_slow", "pm_down", *REFUSALS}
JSON = dict[str, Any]


def samples() -> dict[str, JSON]:
    """Stripe's published objects, or the minimal ones."""
    if not SAMPLES.exists():
        return MINIMAL
    with gzip.open(SAMPLES) as file:
        published: dict[str, JSON] = json.load(file)["resources"]
    return {name: published[name] for name in MINIMAL}


class Refusal(Exception):
    """An error as the API says it."""

    def __init__(self, status: int, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **details}}


class StripeDouble:
    """What this Stripe knows, and what it was asked."""

    def __init__(self) -> None:
        self.told: list[str | None] = []
        self.intents: dict[str, JSON] = {}
        self.charges: dict[str, JSON] = {}
        self.refunds: dict[str, JSON] = {}
        self.events: list[JSON] = []
        self.search_lags = False
        self.interfere: Callable[[str], None] = lambda path: None
        self.url = ""
        self._samples = samples()
        self._answers: dict[str, tuple[str, int, JSON]] = {}
        self._lock = RLock()

    def of(self, payment_id: object) -> JSON:
        """The one intent that was made for a payment."""
        (found,) = [
            one for one in self.intents.values() if one["metadata"].get("payment_id") == str(payment_id)
        ]
        return found

    def answer(self, method: str, path: str, body: str, key: str) -> tuple[int, JSON, bool]:
        """Status, body, and whether it is a replay."""
        try:
            self.interfere(path)
        except Refusal as refusal:
            return refusal.status, refusal.body, False
        with self._lock:
            if key in self._answers:
                return self._replay(key, f"{path}?{body}")
            try:
                status, shown = 200, self._route(method, path, _form(body))
            except Refusal as refusal:
                status, shown = refusal.status, refusal.body
            kept = status in {200, 402}
            if method == "POST" and key and kept:
                self._answers[key] = (f"{path}?{body}", status, deepcopy(shown))
            return status, deepcopy(shown), False

    def _replay(self, key: str, asked: str) -> tuple[int, JSON, bool]:
        before, status, shown = self._answers[key]
        if before != asked:
            message = "Keys for idempotent requests can only be used with the same parameters."
            return 400, Refusal(400, "idempotency_error", message).body, False
        return status, shown, True

    def forget_keys(self) -> None:
        """What Stripe does with keys after a day."""
        self._answers.clear()

    def _route(self, method: str, path: str, form: JSON) -> JSON:  # noqa: PLR0911
        match method, path.strip("/").split("/")[1:]:
            case "POST", ["payment_intents"]:
                return self._create(form)
            case "GET", ["payment_intents", "search"]:
                return self._search(form)
            case "GET", ["payment_intents", intent]:
                return self._shown(self._intent(intent), form)
            case "POST", ["payment_intents", intent, "capture"]:
                return self._capture(self._intent(intent), form)
            case "POST", ["payment_intents", intent, "cancel"]:
                return self._cancel(self._intent(intent))
            case "POST", ["refunds"]:
                return self._refund(form)
            case "GET", ["refunds"]:
                found = [
                    one for one in self.refunds.values() if one["payment_intent"] == form["payment_intent"]
                ]
                return {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"}
        raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")

    def _create(self, form: JSON) -> JSON:
        if "payment_method_types" in form:
            raise _invalid("payment_method_types_no_longer_supported", "Use allowed_payment_method_types.")
        if unknown := form.keys() - CREATE:
            raise _invalid("parameter_unknown", f"Received unknown parameters: {', '.join(sorted(unknown))}")
        card = form.get("payment_method")
        if card == "pm_down":
            raise Refusal(503, "api_error", "Stripe is out of order.")
        if card and card not in CARDS:
            raise _invalid("resource_missing", f"No such PaymentMethod: '{card}'")
        intent = self._new_intent(form)
        if form.get("confirm") == "true":
            self._confirm(intent, card or "")
        return self._shown(intent, form)

    def _new_intent(self, form: JSON) -> JSON:
        intent = deepcopy(self._samples["payment_intent"]) | {
            "id": f"pi_{len(self.intents) + 1}",
            "amount": int(form["amount"]),
            "amount_received": 0,
            "amount_capturable": 0,
            "currency": form["currency"],
            "capture_method": form.get("capture_method", "automatic"),
            "status": "requires_payment_method",
            "last_payment_error": None,
            "next_action": None,
            "latest_charge": None,
            "metadata": form.get("metadata", {}),
            "return_url": form.get("return_url"),
        }
        self.intents[intent["id"]] = intent
        self._note("payment_intent.created", intent)
        return intent

    def _confirm(self, intent: JSON, card: str) -> None:
        if card in REFUSALS:
            self._decline(intent, "card_declined", *REFUSALS[card])
            error = intent["last_payment_error"] | {"payment_intent": deepcopy(intent)}
            raise Refusal(402, error.pop("type"), error.pop("message"), **error)
        if card == "pm_card_threeDSecure2Required":
            url = f"{self.url}/challenge/{intent['id']}"
            redirect = {"url": url, "return_url": intent["return_url"]}
            intent |= {
                "status": "requires_action",
                "next_action": {"type": "redirect_to_url", "redirect_to_url": redirect},
            }
            self._note("payment_intent.requires_action", intent)
            return
        self._set_aside(intent)

    def _set_aside(self, intent: JSON) -> None:
        charge = deepcopy(self._samples["charge"]) | {
            "id": f"ch_{len(self.charges) + 1}",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "refunded": False,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": intent["metadata"],
        }
        self.charges[charge["id"]] = charge
        intent |= {
            "status": "requires_capture",
            "next_action": None,
            "latest_charge": charge["id"],
            "amount_capturable": intent["amount"],
        }
        self._note("payment_intent.amount_capturable_updated", intent)

    def _decline(self, intent: JSON, code: str, decline_code: str | None, message: str) -> None:
        error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": message}
        intent |= {"status": "requires_payment_method", "next_action": None, "last_payment_error": error}
        self._note("payment_intent.payment_failed", intent)

    def confirm_at_bank(self, payment_id: object, *, agreed: bool = True) -> None:
        """What the shopper does on the bank's page; nothing once that is over."""
        with self._lock:
            if self.of(payment_id)["status"] != "requires_action":
                return
            if agreed:
                self._set_aside(self.of(payment_id))
            else:
                sorry = "The provided payment method has failed authentication."
                code = "payment_intent_authentication_failure"
                self._decline(self.of(payment_id), code, None, sorry)

    def _capture(self, intent: JSON, form: JSON) -> JSON:
        if intent["status"] != "requires_capture":
            raise self._unexpected(intent, "captured")
        amount = int(form.get("amount_to_capture") or intent["amount"])
        if amount > intent["amount"]:
            raise _invalid("amount_too_large", "The amount is larger than what was authorized.")
        charge = self.charges[intent["latest_charge"]]
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._note("payment_intent.succeeded", intent)
        return self._shown(intent, form)

    def _cancel(self, intent: JSON) -> JSON:
        if intent["status"] in {"succeeded", "canceled", "processing"}:
            raise self._unexpected(intent, "canceled")
        intent |= {"status": "canceled", "amount_capturable": 0, "next_action": None}
        self._note("payment_intent.canceled", intent)
        return self._shown(intent, {})

    def _refund(self, form: JSON) -> JSON:
        intent = self._intent(form["payment_intent"])
        if intent["status"] != "succeeded":
            raise _invalid(
                "resource_missing", "This PaymentIntent does not have a successful charge to refund."
            )
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise _invalid("charge_already_refunded", f"Charge {charge['id']} has already been refunded.")
        amount = int(form.get("amount") or left)
        if amount > left:
            raise _invalid(None, f"Refund amount ({amount}) is greater than unrefunded amount ({left}).")
        refund = deepcopy(self._samples["refund"]) | {
            "id": f"re_{len(self.refunds) + 1}",
            "amount": amount,
            "currency": intent["currency"],
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": form.get("metadata", {}),
        }
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self._note("refund.created", refund)
        self._note("charge.refunded", charge)
        return refund

    def fail_refund(self, refund_id: object) -> None:
        """What happens days later, when the card's account is closed: the money comes back to the shop."""
        with self._lock:
            (refund,) = [r for r in self.refunds.values() if r["metadata"].get("refund_id") == str(refund_id)]
            refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
            self.charges[refund["charge"]]["amount_refunded"] -= refund["amount"]
            self._note("refund.failed", refund)

    def _search(self, form: JSON) -> JSON:
        field, _, value = form["query"].partition(":")
        assert field == "metadata['payment_id']"
        marked = [
            one for one in self.intents.values() if one["metadata"].get("payment_id") == value.strip("'")
        ]
        found = [] if self.search_lags else [self._shown(one, form) for one in marked]
        return {
            "object": "search_result",
            "data": found,
            "has_more": False,
            "url": "/v1/payment_intents/search",
        }

    def _intent(self, intent: str) -> JSON:
        if intent not in self.intents:
            raise _invalid("resource_missing", f"No such payment_intent: '{intent}'", status=404)
        return self.intents[intent]

    def _shown(self, intent: JSON, form: JSON) -> JSON:
        """An intent with its charge inside, where that was asked for."""
        expanded = {name.removeprefix("data.") for name in form.get("expand", {}).values()}
        charge = self.charges.get(intent["latest_charge"] or "")
        return intent | ({"latest_charge": charge} if charge and "latest_charge" in expanded else {})

    def _unexpected(self, intent: JSON, done: str) -> Refusal:
        message = f"This PaymentIntent could not be {done} because it has a status of {intent['status']}."
        return _invalid("payment_intent_unexpected_state", message, payment_intent=deepcopy(intent))

    def _note(self, kind: str, subject: JSON) -> None:
        event = deepcopy(self._samples["event"]) | {
            "id": f"evt_{len(self.events) + 1}",
            "type": kind,
            "data": {"object": deepcopy(subject)},
        }
        self.events.append(event)


def refusing(part: str, refusal: Refusal | None) -> Callable[[str], None]:
    """An interference: refuse whatever is asked at such a path."""

    def interfere(path: str) -> None:
        if refusal and part in path:
            raise refusal

    return interfere


def once(part: str, act: Callable[[], object]) -> Callable[[str], None]:
    """An interference: let something else happen just before the first request at such a path is done."""
    waiting = [act]

    def interfere(path: str) -> None:
        if waiting and part in path:
            waiting.pop()()

    return interfere


def _invalid(code: str | None, message: str, *, status: int = 400, **details: Any) -> Refusal:
    return Refusal(status, "invalid_request_error", message, **({"code": code} if code else {}), **details)


def _form(body: str) -> JSON:
    """`metadata[payment_id]=1&expand[0]=x` as nested dicts."""
    form: JSON = {}
    for name, value in parse_qsl(body):
        outer, _, inner = name.partition("[")
        if inner:
            form.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            form[outer] = value
    return form
