"""The tiles of the live page. Each is read by itself, within a second, in three queries at most."""
