"""Circuit breakers: a provider that keeps failing is left alone for a while, by all workers at once.

One row for each provider and model that has ever failed. docs/explanation/when-a-provider-fails.md
"""
