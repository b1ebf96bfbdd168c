"""What scripts of other origins may do, where an origin is listed (django-cors-headers)."""

CORS_URLS_REGEX = r"^/(api|v1)/"
# There is no "credentials" among these: a foreign page uses a key, never somebody's login.
CORS_ALLOW_HEADERS = ("accept", "authorization", "content-type", "x-request-id")
CORS_EXPOSE_HEADERS = (
    *("Retry-After", "X-Request-ID"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
)
