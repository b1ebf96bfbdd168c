"""What a process counts of its own work. `diagnostics.figures` gathers it from all processes.

Metrics stand beside the code that counts. Names begin with `valis_`; labels have few values, all of
them words of ours or names that staff chose, and never what a caller made up.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
LONG_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180)
SHORT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"valis_{name}", meaning, labels, registry=REGISTRY)


def gauge(name: str, meaning: str, *labels: str) -> Gauge:
    """Of all processes the sum is shown."""
    return Gauge(f"valis_{name}", meaning, labels, registry=REGISTRY)


def histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(f"valis_{name}", meaning, labels, registry=REGISTRY, buckets=buckets)
