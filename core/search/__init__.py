"""Words in stored texts, found by the database itself (docs/decisions/0024-search-in-the-database.md)."""
