"""The page on which people make, rotate and revoke the keys of their programs."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.key_forms import KeyForm
from accounts.keys import MadeKey, keys_of, make_key, own_key, revoke_key, rotate_key
from accounts.requests import user_of
from core.errors import InvalidInput, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def keys(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if request.method != "POST":
        return _page(request)
    form = KeyForm(user, request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    chosen = form.cleaned_data
    try:
        made = make_key(
            user, by=user, name=chosen["name"], scopes=chosen["scopes"], expires_at=form.expires_at()
        )
    except InvalidInput as error:
        form.add_error(None, error.message)
        return _page(request, form=form)
    return _page(request, made=made)


@require_POST
@never_cache
@login_required
def rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    user = user_of(request)
    try:
        return _page(request, made=rotate_key(own_key(user, key_id), by=user))
    except NotFound:
        raise Http404 from None
    except InvalidInput as error:
        return _page(request, problem=error.message)


@require_POST
@never_cache
@login_required
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    user = user_of(request)
    try:
        revoke_key(own_key(user, key_id), by=user)
    except NotFound:
        raise Http404 from None
    return _page(request)


def _page(
    request: HttpRequest, *, form: KeyForm | None = None, made: MadeKey | None = None, problem: str = ""
) -> HttpResponse:
    """The whole page, or for scripts the part that changes. A new key is in this one answer alone."""
    user = user_of(request)
    is_fragment = getattr(request, "htmx", False)
    context = {"keys": keys_of(user), "form": form or KeyForm(user), "made": made, "problem": problem}
    template = "accounts/_keys.html" if is_fragment else "accounts/keys.html"
    # Scripts swap in no answer but a 200; a form with errors is one they show.
    return render(request, template, context, status=200 if is_fragment or not form else 400)
