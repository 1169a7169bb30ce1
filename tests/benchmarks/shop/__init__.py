"""The shop itself under measurement: its own processes, and shoppers who call its services."""
