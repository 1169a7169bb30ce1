"""What a shopper or the staff may send: checked here, field by field, in sentences a person can act on."""

from orders.forms.addresses import AddressForm
from orders.forms.after_sales import CancelForm, ReturnForm
from orders.forms.checkout import CheckoutForm, LineForm
from orders.forms.fields import CardForm
from orders.forms.staff import ReceiveForm, RefundForm, RefuseForm

__all__ = [
    "AddressForm",
    "CancelForm",
    "CardForm",
    "CheckoutForm",
    "LineForm",
    "ReceiveForm",
    "RefundForm",
    "RefuseForm",
    "ReturnForm",
]
