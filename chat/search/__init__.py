"""Looking for words in one's own chats (docs/decisions/0022-search-in-the-database.md)."""
