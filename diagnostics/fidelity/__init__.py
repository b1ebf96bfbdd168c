"""Golden dialogues put to every provider and the fallback voice, and how far their replies drift."""
