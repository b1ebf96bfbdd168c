"""The shipped providers. Importing one registers it."""

from providers.vendors import anthropic, fallback, openai, scripted

__all__ = ["anthropic", "fallback", "openai", "scripted"]
