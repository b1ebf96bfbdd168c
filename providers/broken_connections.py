"""Why a connection failed, for people: of itself, an error of the libraries has but the name of a class."""

_IN_WORDS = {
    "ClientConnectorDNSError": "its name is not known",
    "ClientConnectorCertificateError": "its certificate is not trusted",
    "ClientConnectorSSLError": "no secure connection could be made",
    "ConnectionTimeoutError": "nobody answered in time",
    "ServerDisconnectedError": "it hung up",
    "ClientPayloadError": "it was cut off",
    "ConnectionResetError": "it was reset",
    "ClientConnectorError": "it cannot be reached",
}


def why_broken(error: BaseException) -> str:
    """The most telling of the errors behind it; its own name where there are no words for any."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 8:
        chain.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return next((words for name, words in _IN_WORDS.items() if name in chain), chain[0])
