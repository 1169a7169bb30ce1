"""A card processor and a carrier that speak HTTP from a process of their own, for development and tests.

Cards: `tok_visa` is approved, `tok_declined` and `tok_insufficient` are refused, `tok_timeout` is charged but
answered too late, `tok_down` finds the processor out of order. Postcodes: `ZZ…` is refused, `DOWN…` finds the
carrier out of order, a parcel to `RT…` comes back. Everything is idempotent by the
caller's id and survives a restart.
"""
