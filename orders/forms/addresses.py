"""An address for the book, typed as at checkout."""

from typing import Any

from django.core.validators import RegexValidator

from orders.events import Address
from orders.forms.fields import ShopForm, text


class AddressForm(ShopForm):
    """Where parcels go, and the name on them."""

    name = text("Name on the parcel", "name", "Please tell us the name on the parcel.")
    line1 = text("Street and number", "address-line1", "Please tell us the street and number.")
    line2 = text("Flat, floor or company (optional)", "address-line2", "", required=False)
    city = text("Town or city", "address-level2", "Please tell us the town or city.")
    postcode = text(
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

    @property
    def kept(self) -> dict[str, Any]:
        """The name and the address, as orders keeps them."""
        parts = {part: self.cleaned_data[part] for part in ("line1", "line2", "city", "postcode")}
        address = Address(**parts | {"postcode": parts["postcode"].upper()})
        return {"name": self.cleaned_data["name"], "address": address}
