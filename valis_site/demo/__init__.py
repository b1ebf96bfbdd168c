"""`make demo`: VALIS with people, chats and a past, on data of its own. It needs no key and asks no model."""
