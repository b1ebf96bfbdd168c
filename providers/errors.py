"""Why a call gave no reply. The error carries the decision; loops ask it and nothing else.

ProviderError
├── ProviderSkipped      nothing was sent; not a failure, never waited for
│   └── CapReached       there is no room left for it under a cap
├── RateLimited          429: worth another round, after `retry_after` seconds if given
├── ServerFailed         5xx: worth another round
├── ConnectionBroken     could not connect, or cut before the terminal event: worth another round
├── TimeLimitPassed      a time limit of ours was passed: trying again would only add waiting
├── StreamUnreadable     what came is not the protocol
├── RequestRefused       4xx: the same request would be refused again
└── KeyRefused           401, 403
"""

from typing import ClassVar

from providers.cleaning import TextCleaner

_LONGEST_MESSAGE = 300


class ProviderError(Exception):
    """`code` for programs, `str()` for people; never contains a key or message text.

    A provider's own words may be in the message, so it is bounded and made fit to be stored.
    """

    code: ClassVar[str] = "provider_failed"
    retryable: ClassVar[bool] = False
    is_counted: bool = True
    """Whether it speaks against the provider: enough of them in a row open its circuit."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(TextCleaner().feed(message)[:_LONGEST_MESSAGE])
        self.retry_after = retry_after


class ProviderSkipped(ProviderError):
    code = "skipped"
    is_counted = False


class CapReached(ProviderSkipped):
    """`notice` is what the fallback voice tells people instead of why else it speaks."""

    code = "capped"

    def __init__(self, message: str, *, notice: str) -> None:
        super().__init__(message)
        self.notice = notice


class RateLimited(ProviderError):
    """One that says when to come back is no failure: it is left alone until then."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.is_counted = not retry_after


class ServerFailed(ProviderError):
    code = "server_failed"
    retryable = True


class ConnectionBroken(ProviderError):
    code = "connection_broken"
    retryable = True


class TimeLimitPassed(ProviderError):
    code = "time_limit_passed"


class StreamUnreadable(ProviderError):
    code = "stream_unreadable"


class RequestRefused(ProviderError):
    code = "request_refused"
    is_counted = False


class KeyRefused(ProviderError):
    code = "key_refused"
