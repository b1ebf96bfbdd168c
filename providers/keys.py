"""What an API key may look like, whoever gave it out."""


def can_be_sent(key: str) -> bool:
    """Whether a header field can carry it: visible ASCII characters only."""
    return all("!" <= character <= "~" for character in key)
