"""What has happened lately: events of all processes, kept for some days and told to staff at once."""
