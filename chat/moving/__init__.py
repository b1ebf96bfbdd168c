"""Taking chats along: out of VALIS as files."""
