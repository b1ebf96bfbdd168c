"""The shipped providers. Importing one registers it."""

from providers.vendors import anthropic, desktop_commander, fallback, openai, scripted

__all__ = ["anthropic", "desktop_commander", "fallback", "openai", "scripted"]
