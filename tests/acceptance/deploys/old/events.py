"""What the old release can say and read."""

from eventbus import Event


class Weighed(Event, name="deploys.weighed", version=1, key="parcel"):
    """A parcel was weighed."""

    parcel: str
    number: int
