"""What the new release can say and read."""

from eventbus import Event, Json, upcast


class Weighed(Event, name="deploys.weighed", version=2, key="parcel"):
    """A parcel was weighed."""

    parcel: str
    number: int
    unit: str


@upcast(Weighed, from_version=1)
def weigh_in_grams(data: Json) -> Json:
    """The old scales knew nothing else."""
    return data | {"unit": "g"}


class Posted(Event, name="deploys.posted", key="parcel"):
    """A parcel was posted; the old release has never heard of it."""

    parcel: str
    number: int
