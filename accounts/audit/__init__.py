"""The audit log: who did what, when, and from where. It is only ever added to (docs/decisions/0008)."""
