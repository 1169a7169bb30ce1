"""A real shop's sales, replayed through the real write path: see `run` for how, `lines` for the format."""

from orders.importing.helping import helper
from orders.importing.lines import UnreadableFile
from orders.importing.run import CHUNK_SIZE, ImportRefused, SalesImportRun

__all__ = ["CHUNK_SIZE", "ImportRefused", "SalesImportRun", "UnreadableFile", "helper"]
