"""Figures for Prometheus (docs/decisions/0009-metrics-of-many-processes.md).

Every process counts what it does and stores its counts every few seconds. A scrape adds them all up
and looks at how things stand in the database, so it is the same whichever web process answers it.
"""
