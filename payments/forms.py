"""What staff enter about payments."""

from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms

from payments.models import Payment, Refund
from payments.money import Money


class RefundForm(forms.ModelForm[Payment]):
    """Give a part of a payment back, with the reason. A form that is sent twice is one refund."""

    give_back = forms.CharField(max_length=20, help_text="In the payment's currency, like 12.34.")
    reason = forms.CharField(max_length=200)
    refund_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    class Meta:
        model = Payment
        fields: ClassVar[list[str]] = []

    def clean_give_back(self) -> Money:
        """An amount above zero."""
        try:
            amount = Money.parse(self.cleaned_data["give_back"], self.instance.currency)
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal)) from None
        if amount.amount <= 0:
            raise forms.ValidationError("Name an amount above zero.")
        return amount

    def clean(self) -> dict[str, Any]:
        """No more than is left, unless this very refund was asked for before."""
        cleaned, left = super().clean() or {}, self.instance.refundable
        too_much = {"give_back", "refund_id"} <= cleaned.keys() and cleaned["give_back"] > left
        if too_much and not Refund.objects.filter(pk=cleaned["refund_id"]).exists():
            self.add_error("give_back", f"{left} is left of this payment.")
        return cleaned

    def wish(self) -> dict[str, Any]:
        """What the service is asked for."""
        refund_id: UUID = self.cleaned_data["refund_id"]
        return {
            "order_id": self.instance.order_id,
            "refund_id": refund_id,
            "amount": self.cleaned_data["give_back"],
            "reason": self.cleaned_data["reason"],
        }
