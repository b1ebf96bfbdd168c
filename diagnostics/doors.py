"""Who may open a page."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from accounts.rights import Right

View = Callable[..., HttpResponse]


def for_those_who_may(right: Right) -> Callable[[View], View]:
    def guard(view: View) -> View:
        allowed = permission_required(right.permission, raise_exception=True)(view)
        guarded: View = never_cache(login_required(allowed))
        return guarded

    return guard
