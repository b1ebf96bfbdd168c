"""The voice that speaks when no model can be reached."""

from providers.fallback_voice.speaking import compose, in_pieces

__all__ = ["compose", "in_pieces"]
