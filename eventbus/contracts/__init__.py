"""Messages are contracts: their schemas, what may change in them, and who speaks to whom."""
