"""Character cards, written by their specifications (V1, V2, V3), going in and out."""
