"""Failover drills: a provider fails on purpose, for one person or for everybody, and nobody touches it.

docs/how-to/drill-a-failover.md
"""
