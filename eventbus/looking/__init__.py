"""What a person asks the bus: which messages, what came of them, who is behind, what goes where.

Reads only, and every question has a bounded price, however long the log is. The admin shows the answers.
"""
