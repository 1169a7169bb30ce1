"""What happens at a till."""

from uuid import UUID

from eventbus import Event


class Sold(Event, name="till.sold", key="till"):
    """Somebody has paid."""

    till: str
    sale_id: UUID
    amount: int
