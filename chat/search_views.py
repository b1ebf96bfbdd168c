"""The page for finding words in one's own chats."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import user_of
from chat.paths import shown_among
from chat.search.finding import search
from chat.selectors import own_message
from core.errors import InvalidInput, NotFound
from core.search.words import LONGEST_QUERY


@require_safe
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """The whole page, or for scripts the part below the field."""
    query = request.GET.get("q", "")
    context: dict[str, Any] = {"query": query, "longest": LONGEST_QUERY}
    if query.strip():
        try:
            page = search(user_of(request), query, cursor=request.GET.get("cursor", ""))
            context |= page | {"results": [{**each, "url": _url(each)} for each in page["results"]]}
        except InvalidInput as error:
            context["problem"] = error.message
    is_fragment = getattr(request, "htmx", False)
    return render(request, "chat/_found.html" if is_fragment else "chat/search.html", context)


@require_safe
@login_required
def to_message(request: HttpRequest, message_id: int) -> HttpResponse:
    """To the place of one's own message in its chat."""
    try:
        message = own_message(user_of(request), message_id)
    except NotFound:
        raise Http404 from None
    place = {"kind": "message", "id": message.pk, "position": message.position}
    place |= {"is_shown": bool(shown_among([message]))}
    return redirect(_url(place | {"session": {"id": message.session_id}}))


def _url(found: dict[str, Any]) -> str:
    session = reverse("chat:session", args=[found["session"]["id"]])
    version = "" if found["is_shown"] else f"&version={found['kind']}"
    return f"{session}?at={found['position']}{version}#{found['kind']}-{found['id']}"
