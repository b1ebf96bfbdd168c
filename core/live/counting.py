"""What is counted of live events."""

from core.metrics import counter

PUBLISHED = counter("events_published", "Live events handed to the publisher")
DROPPED = counter("events_dropped", "Live events that too many waited for, or that failed")
