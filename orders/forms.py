"""What a shopper may send: checked here, field by field, in sentences a person can act on."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from orders.events import Address, CustomerSnapshot
from orders.queries import CartView
from payments import services as payments
from payments.errors import UnknownCard
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


class _SecretInput(forms.TextInput):
    """A text box whose content is never sent back to the browser."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The widget as if it were empty."""
        return super().get_context(name, None, attrs)


def _text(label: str, autocomplete: str, missing: str, **options: Any) -> forms.CharField:
    attrs = {"autocomplete": autocomplete} | options.pop("attrs", {})
    widget = options.pop("widget", forms.TextInput)(attrs=attrs)
    return forms.CharField(
        label=label, max_length=120, widget=widget, error_messages={"required": missing}, **options
    )


def _secret(label: str, autocomplete: str, missing: str, placeholder: str) -> forms.CharField:
    attrs = {"inputmode": "numeric", "placeholder": placeholder}
    return _text(label, autocomplete, missing, widget=_SecretInput, attrs=attrs)


class CheckoutForm(forms.Form):
    """Who buys, where it goes and the card that pays; of the card only its token outlives this form."""

    cart_id = forms.UUIDField(widget=forms.HiddenInput)
    expected_total = forms.IntegerField(widget=forms.HiddenInput)
    name = _text("Your name", "name", "Please tell us your name.")
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
    line1 = _text("Street and number", "address-line1", "Please tell us the street and number.")
    line2 = _text("Flat, floor or company (optional)", "address-line2", "", required=False)
    city = _text("Town or city", "address-level2", "Please tell us the town or city.")
    postcode = _text(
        "Postcode",
        "postal-code",
        "Please tell us the postcode.",
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9 ]{1,8}[A-Za-z0-9]$",
                "A postcode has 3 to 10 letters and digits, like BS1 4DJ.",
            )
        ],
    )
    card_number = _secret("Card number", "cc-number", "Please enter the card number.", "4242 4242 4242 4242")
    expiry = _secret("Expires", "cc-exp", "Please enter when the card expires.", "MM/YY")
    cvc = _secret("Security code", "cc-csc", "Please enter the security code.", "123")

    def __init__(self, cart: CartView, answers: Mapping[str, Any] | None = None) -> None:
        super().__init__(answers, label_suffix="")
        self.cart = cart

    def clean(self) -> dict[str, Any]:
        """The form pays for the cart it was shown with, and for no other."""
        if self.cleaned_data.get("cart_id") != self.cart.cart_id or "expected_total" not in self.cleaned_data:
            raise forms.ValidationError("Your basket has changed since. Please look at it once more.")
        return self.cleaned_data

    @property
    def seen_total(self) -> Money:
        """The total on the page that the shopper sent back."""
        return Money(self.cleaned_data["expected_total"], self.cart.total.currency)

    @property
    def wrong_fields(self) -> list[forms.BoundField]:
        """The fields to look at again, in the order of the page."""
        return [field for field in self.visible_fields() if field.errors]

    def clean_postcode(self) -> str:
        """In capitals, the way carriers print it."""
        postcode: str = self.cleaned_data["postcode"].upper()
        return postcode

    def clean_card_number(self) -> str:
        """The card's token; the number itself goes no further."""
        try:
            return payments.tokenise(self.cleaned_data["card_number"])
        except UnknownCard as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def clean_expiry(self) -> None:
        """A month that has not ended yet."""
        parts = re.fullmatch(r"(0[1-9]|1[0-2]) ?/ ?(?:20)?(\d\d)", self.cleaned_data["expiry"])
        if not parts:
            raise forms.ValidationError("Please enter the month and year as on the card, like 09/29.")
        today = timezone.localdate()
        if (2000 + int(parts[2]), int(parts[1])) < (today.year, today.month):
            raise forms.ValidationError("This card has expired.")

    def clean_cvc(self) -> None:
        """Looked at, and forgotten."""
        if not re.fullmatch(r"\d{3,4}", self.cleaned_data["cvc"]):
            raise forms.ValidationError("The security code is the 3 or 4 digits on the back of the card.")

    @property
    def customer(self) -> CustomerSnapshot:
        """The buyer, as orders keeps them."""
        return CustomerSnapshot(name=self.cleaned_data["name"], email=self.cleaned_data["email"])

    @property
    def address(self) -> Address:
        """Where the parcel goes."""
        parts = ("line1", "line2", "city", "postcode")
        return Address(**{part: self.cleaned_data[part] for part in parts})

    @property
    def card_token(self) -> str:
        """What stands for the card from here on."""
        token: str = self.cleaned_data["card_number"]
        return token
