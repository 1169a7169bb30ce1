"""Products, prices and stock counts as sheets: out as a stream, in by the services, after a trial run."""
