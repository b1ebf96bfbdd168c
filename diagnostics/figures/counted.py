"""The counts of one process as they are stored, and adding up those of several."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Metric

Counts = dict[str, list[list[Any]]]
"""By the name of a metric, its samples: name, labels, value."""
_Key = tuple[str, tuple[tuple[str, str], ...]]


def counts_of(registry: CollectorRegistry) -> tuple[Counts, Counts]:
    """What only ever grows (counters, histograms), and what goes up and down (gauges)."""
    growing: Counts = {}
    standing: Counts = {}
    for metric in registry.collect():
        kind = standing if metric.type == "gauge" else growing
        kind[metric.name] = [
            [sample.name, sample.labels, sample.value]
            for sample in metric.samples
            if not sample.name.endswith("_created")
        ]
    return growing, standing


def added_up(many: Iterable[Counts]) -> Counts:
    sums: defaultdict[str, defaultdict[_Key, float]] = defaultdict(lambda: defaultdict(float))
    for counts in many:
        for metric, samples in counts.items():
            for name, labels, value in samples:
                sums[metric][name, tuple(labels.items())] += value
    return {
        metric: [[name, dict(labels), value] for (name, labels), value in samples.items()]
        for metric, samples in sums.items()
    }


def less(counts: Counts, earlier: Counts) -> Counts:
    """What was counted since then."""
    taken = {
        metric: [[name, labels, -value] for name, labels, value in samples]
        for metric, samples in earlier.items()
    }
    return added_up([counts, taken])


def as_metrics(counts: Counts, registry: CollectorRegistry) -> Iterable[Metric]:
    """In the registry's own order and words. A metric that it does not know is another version's."""
    for known in registry.collect():
        metric = Metric(known.name, known.documentation, known.type)
        for name, labels, value in counts.get(known.name, ()):
            metric.add_sample(name, labels, value)
        if metric.samples:
            yield metric
