"""The door for pictures of personas."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from personas.models import Persona


@require_safe
@login_required
def avatar(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The uploaded picture, also of a persona that is no longer active: old chats still show it."""
    with_picture = Persona.objects.defer(None).exclude(picture_digest="")
    persona = get_object_or_404(with_picture, slug=slug)
    etag = quote_etag(persona.picture_digest)
    changed = int(persona.updated_at.timestamp())
    response = HttpResponse(
        bytes(persona.picture),
        content_type="image/webp",
        headers={
            "X-Content-Type-Options": "nosniff",
            "ETag": etag,
            "Last-Modified": http_date(changed),
            "Cache-Control": _caching(request, persona),
        },
    )
    conditional = get_conditional_response(request, etag=etag, last_modified=changed, response=response)
    return conditional or response


def _caching(request: HttpRequest, persona: Persona) -> str:
    """An address that names the picture's own digest never shows another picture."""
    if request.GET.get("v") == persona.picture_digest:
        return "private, max-age=31536000, immutable"
    return "private, no-cache"
