"""The person behind a request, and what is allowed to them."""

from django.http import HttpRequest

from accounts.models import ApiKey, User
from accounts.rights import Right
from core.errors import NotAllowed, NotSignedIn


def user_of(request: HttpRequest, right: Right = Right.CHAT) -> User:
    """The person who asks, if they have this right, and the key they ask with has it too.

    Raises `NotSignedIn`, or `NotAllowed`.
    """
    user = request.user
    if not isinstance(user, User):
        raise NotSignedIn("Log in first.")
    asking = key_of(request) or user
    if not asking.may(right):
        raise NotAllowed(f"This needs the right to {right.label}.", right=right.value)
    return user


def key_of(request: HttpRequest) -> ApiKey | None:
    """The key a program asks with; None for a browser."""
    asking = getattr(request, "asking", None)
    return asking if isinstance(asking, ApiKey) else None
