"""The doors for people: the gallery, a persona, its picture."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from core.errors import NotFound
from personas.models import Persona
from personas.presenting import about
from personas.selectors import found_personas, get_active_persona, tags_in_use

PAGE = 24


@require_safe
@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Everybody one can talk with, a page at a time; a search with scripts asks for the list alone."""
    q, tag = (request.GET.get(name, "").replace("\0", "")[:80].strip() for name in ("q", "tag"))
    page = Paginator(found_personas(q, tag), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": q, "tag": tag, "tags": tags_in_use()}
    is_fragment = getattr(request, "htmx", False)
    return render(request, "personas/_gallery.html" if is_fragment else "personas/gallery.html", context)


@require_safe
@login_required
def persona(request: HttpRequest, slug: str) -> HttpResponse:
    """Who it is, and how it sounds."""
    try:
        found = get_active_persona(slug)
    except NotFound:
        raise Http404 from None
    return render(request, "personas/persona.html", {"persona": found, **about(found, request.user)})


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
