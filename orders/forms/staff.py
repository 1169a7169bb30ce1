"""What the staff say about goods and money that go back."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms

from orders.events import ReturnLine
from orders.forms.fields import ShopForm
from orders.queries import Returnable
from payments.money import Money

_NUMBER = forms.NumberInput(attrs={"class": "vIntegerField"})


class _PiecesForm(ShopForm):
    """So many of each article, in groups of fields: `<group>_<sku>`."""

    def __init__(self, returnable: tuple[Returnable, ...], answers: Mapping[str, Any] | None = None) -> None:
        super().__init__(answers)
        self.articles = returnable

    def ask_for(self, group: str, initial: Mapping[str, int]) -> None:
        """Ask for a number of each article."""
        for each in self.articles:
            self.fields[f"{group}_{each.sku}"] = forms.IntegerField(
                label=f"{each.title}: {group}",
                required=False,
                min_value=0,
                max_value=each.left,
                initial=initial.get(each.sku, 0),
                widget=_NUMBER,
            )

    def lines(self, group: str) -> tuple[ReturnLine, ...]:
        """The numbers of a group that are not 0."""
        counts = {each.sku: self.cleaned_data.get(f"{group}_{each.sku}") or 0 for each in self.articles}
        return tuple(ReturnLine(sku=sku, quantity=count) for sku, count in counts.items() if count)

    def rows(self, *groups: str) -> list[tuple[Returnable, list[forms.BoundField]]]:
        """Each article with its fields."""
        return [(each, [self[f"{group}_{each.sku}"] for group in groups]) for each in self.articles]


class ReceiveForm(_PiecesForm):
    """How much of a return has arrived, and how much of that can be sold again."""

    def __init__(
        self,
        returnable: tuple[Returnable, ...],
        expected: Mapping[str, int],
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(returnable, answers)
        self.ask_for("arrived", expected)
        self.ask_for("restock", expected)

    def table(self) -> list[tuple[Returnable, list[forms.BoundField]]]:
        """One row for each article."""
        return self.rows("arrived", "restock")


class RefuseForm(ShopForm):
    """Why a return is not taken back; the customer reads it."""

    reason = forms.CharField(
        label="Why it is refused, as the customer reads it",
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        error_messages={"required": "Please say why."},
    )


class RefundForm(_PiecesForm):
    """Money without goods: for some pieces at their price, or any sum; `refund_id` makes it one refund."""

    refund_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    amount = forms.DecimalField(
        label="Or a sum", required=False, min_value=0, max_digits=12, decimal_places=2
    )
    reason = forms.CharField(label="Why", max_length=200, error_messages={"required": "Please say why."})

    def __init__(
        self, returnable: tuple[Returnable, ...], left: Money, answers: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(returnable, answers)
        self.left = left
        self.ask_for("pieces", {})

    def table(self) -> list[tuple[Returnable, list[forms.BoundField]]]:
        """One row for each article."""
        return self.rows("pieces")

    def clean(self) -> dict[str, Any]:
        """Either pieces or a sum."""
        if not self.errors and bool(self.lines("pieces")) == (self.cleaned_data["amount"] is not None):
            raise forms.ValidationError("Please give either a number of pieces or a sum.")
        return self.cleaned_data

    @property
    def sum(self) -> Money | None:
        """The sum, where one was given."""
        amount = self.cleaned_data["amount"]
        return None if amount is None else Money.parse(str(amount), self.left.currency)
