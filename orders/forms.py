"""What a shopper may send: checked here, field by field, in sentences a person can act on."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from orders.events import Address, CustomerSnapshot
from payments import services as payments
from payments.errors import UnknownCard


class LineForm(forms.Form):
    """One article and how many of it."""

    sku = forms.CharField(max_length=64)
    quantity = forms.IntegerField(
        min_value=0, max_value=99, error_messages={"invalid": "Please give the quantity as a number."}
    )


class _SecretInput(forms.TextInput):
    """A text box whose content is never sent back to the browser."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The widget as if it were empty."""
        return super().get_context(name, None, attrs)
