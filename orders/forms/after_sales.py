"""What a shopper sends after the order: that it is to be cancelled, or what comes back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from django import forms

from orders.errors import NothingReturned
from orders.events import ReturnLine
from orders.forms.fields import ShopForm
from orders.queries import Returnable, ReturnView

_WHY_CANCEL = ("I have changed my mind", "I ordered by mistake", "It takes too long", "Something else")
_WHY_RETURN = (
    "I have changed my mind",
    "It arrived broken",
    "It is not what I ordered",
    "It is not as it was described",
    "Something else",
)


def _reason(sentences: tuple[str, ...]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Why?",
        choices=[(sentence, sentence) for sentence in sentences],
        error_messages={
            "required": "Please say why.",
            "invalid_choice": "Please choose one of the reasons.",
        },
    )


class CancelForm(ShopForm):
    """Why the order is not wanted any more."""

    reason = _reason(_WHY_CANCEL)


class ReturnForm(ShopForm):
    """How many of each article come back, and why; its `return_id` makes it one, however often it is sent."""

    return_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, returnable: tuple[Returnable, ...], answers: Mapping[str, Any] | None = None) -> None:
        super().__init__(answers)
        self._skus = {f"pieces_{each.sku}": each.sku for each in returnable}
        for name, each in zip(self._skus, returnable, strict=True):
            self.fields[name] = _pieces(each)
        self.fields["reason"] = _reason(_WHY_RETURN)

    def was_sent_before(self, returns: Iterable[ReturnView]) -> bool:
        """Whether this very form has become a return already."""
        return self.data.get("return_id") in {str(each.return_id) for each in returns}

    @property
    def pieces(self) -> list[forms.BoundField]:
        """The fields that say how many come back, one for each article."""
        return [self[name] for name in self._skus]

    def clean(self) -> dict[str, Any]:
        """At least one piece comes back."""
        if not self.errors and not self.lines:
            raise forms.ValidationError(str(NothingReturned()))
        return self.cleaned_data

    @property
    def lines(self) -> tuple[ReturnLine, ...]:
        """What comes back."""
        counts = {sku: self.cleaned_data.get(name) or 0 for name, sku in self._skus.items()}
        return tuple(ReturnLine(sku=sku, quantity=count) for sku, count in counts.items() if count)


def _pieces(each: Returnable) -> forms.IntegerField:
    refusal = f"Please give a number between 0 and {each.left}."
    attrs = {"class": "number", "inputmode": "numeric"}
    return forms.IntegerField(
        label=each.title,
        help_text=f"of {each.left}",
        required=False,
        initial=0,
        min_value=0,
        max_value=each.left,
        widget=forms.NumberInput(attrs=attrs),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), refusal),
    )
