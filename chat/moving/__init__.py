"""Taking chats along: out of VALIS as files, and in from VALIS and from elsewhere."""
