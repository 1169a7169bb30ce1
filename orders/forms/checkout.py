"""What a shopper sends on the way to an order: checked field by field, in sentences a person can act on."""

from collections.abc import Mapping
from typing import Any

from django import forms

from orders.events import CustomerSnapshot
from orders.forms.addresses import PlaceForm
from orders.forms.fields import CardForm, text
from orders.models import ADDRESS_PARTS
from orders.queries import CartView
from payments.money import Money


class LineForm(forms.Form):
    """One article and how many of it."""

    sku = forms.CharField(max_length=40)
    quantity = forms.IntegerField(
        error_messages={
            "required": "Please say how many you would like.",
            "invalid": "Please give the quantity as a number.",
        }
    )

    @property
    def refusal(self) -> str:
        """The first thing that is wrong, as a sentence."""
        return str(next(iter(self.errors.values()))[0])


class CheckoutForm(CardForm, PlaceForm):
    """Who buys, where it goes and the card that pays; of the card only its token outlives this form."""

    cart_id = forms.UUIDField(widget=forms.HiddenInput)
    expected_total = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    name = text("Your name", "name", "Please tell us your name.")
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="We write when your order is confirmed and when it leaves.",
        error_messages={
            "required": "Please tell us where to write to.",
            "invalid": "This does not look like an e-mail address: it needs a name, an @ and a domain.",
        },
    )
    keep = forms.BooleanField(label="Keep this address in my book", required=False)

    field_order = ("cart_id", "expected_total", "seen", "name", "email", *ADDRESS_PARTS)

    def __init__(
        self, cart: CartView, answers: Mapping[str, Any] | None = None, known: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(answers, known)
        self.cart = cart

    def clean(self) -> dict[str, Any]:
        """The form pays for the cart it was shown with, as long as all of it can be had."""
        if self.cart.obstacle:
            raise forms.ValidationError(self.cart.obstacle)
        if self.cleaned_data.get("cart_id") != self.cart.cart_id or "expected_total" not in self.cleaned_data:
            raise forms.ValidationError("Your basket has changed since. Please look at it once more.")
        return self.cleaned_data

    @property
    def seen_total(self) -> Money:
        """The total on the page that the shopper sent back."""
        return Money(self.cleaned_data["expected_total"], self.cart.total.currency)

    @property
    def customer(self) -> CustomerSnapshot:
        """The buyer, as orders keeps them."""
        return CustomerSnapshot(name=self.cleaned_data["name"], email=self.cleaned_data["email"])
