"""Where a parcel goes, typed at checkout or for the book."""

from typing import Any

from django.core.validators import RegexValidator

from orders.events import Address
from orders.forms.fields import ShopForm, text
from orders.models import ADDRESS_PARTS

POSTCODE = r"^[A-Za-z0-9][A-Za-z0-9 ]{1,8}[A-Za-z0-9]$"
NO_POSTCODE = "A postcode has 3 to 10 letters and digits, like BS1 4DJ."


class PlaceForm(ShopForm):
    """The fields of an address."""

    line1 = text("Street and number", "address-line1", "Please tell us the street and number.")
    line2 = text("Flat, floor or company (optional)", "address-line2", "", required=False)
    city = text("Town or city", "address-level2", "Please tell us the town or city.")
    postcode = text(
        "Postcode",
        "postal-code",
        "Please tell us the postcode.",
        validators=[RegexValidator(POSTCODE, NO_POSTCODE)],
    )

    def clean_postcode(self) -> str:
        """In capitals, the way carriers print it."""
        postcode: str = self.cleaned_data["postcode"].upper()
        return postcode

    @property
    def address(self) -> Address:
        """Where the parcel goes."""
        return Address(**{part: self.cleaned_data[part] for part in ADDRESS_PARTS})


class AddressForm(PlaceForm):
    """An address for the book, with the name on its parcels."""

    name = text("Name on the parcel", "name", "Please tell us the name on the parcel.")
    field_order = ("name",)

    @property
    def kept(self) -> dict[str, Any]:
        """The name and the address, as orders keeps them."""
        return {"name": self.cleaned_data["name"], "address": self.address}
