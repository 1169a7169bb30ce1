"""Benchmarks: `make bench` runs them against real processes and prints one table.

They measure on a database and a Redis database of their own, and judge by ratios within one run.
"""
