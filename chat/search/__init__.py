"""Looking for words in one's own chats (docs/decisions/0024-search-in-the-database.md)."""
