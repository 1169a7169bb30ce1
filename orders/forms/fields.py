"""The fields that forms share, above all those of a card."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone

from payments import services as payments
from payments.errors import UnknownCard


class _SecretInput(forms.TextInput):
    """A text box whose content is never sent back to the browser."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The widget as if it were empty."""
        return super().get_context(name, None, attrs)


def text(label: str, autocomplete: str, missing: str, **options: Any) -> forms.CharField:
    """A line of text with the browser's name for it, and what to say when it is missing."""
    attrs = {"autocomplete": autocomplete} | options.pop("attrs", {})
    widget = options.pop("widget", forms.TextInput)(attrs=attrs)
    return forms.CharField(
        label=label, max_length=120, widget=widget, error_messages={"required": missing}, **options
    )


def _secret(label: str, autocomplete: str, missing: str, placeholder: str) -> forms.CharField:
    attrs = {"inputmode": "numeric", "placeholder": placeholder}
    return text(label, autocomplete, missing, widget=_SecretInput, attrs=attrs)


class ShopForm(forms.Form):
    """A form that says which of its fields to look at again; `known` need not be typed."""

    def __init__(
        self, answers: Mapping[str, Any] | None = None, known: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(answers, initial=dict(known or {}), label_suffix="")

    @property
    def wrong_fields(self) -> list[forms.BoundField]:
        """The fields to look at again, in the order of the page."""
        return [field for field in self.visible_fields() if field.errors]


class CardForm(ShopForm):
    """The card that pays; of it only its token outlives this form."""

    card_number = _secret("Card number", "cc-number", "Please enter the card number.", "4242 4242 4242 4242")
    expiry = _secret("Expires", "cc-exp", "Please enter when the card expires.", "MM/YY")
    cvc = _secret("Security code", "cc-csc", "Please enter the security code.", "123")

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
    def card_token(self) -> str:
        """What stands for the card from here on."""
        token: str = self.cleaned_data["card_number"]
        return token
