"""Back-ups that SQLite and PostgreSQL can both make and read (docs/decisions/0013)."""
