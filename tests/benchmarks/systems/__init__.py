"""What runs inside the process of one system: ours or a peer's.

Every system is one module with the same three functions (`contract.System`): the programs that measure are
the same for all, and so are the business transaction and the row that a handler writes.
"""
