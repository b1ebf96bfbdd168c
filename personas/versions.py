"""Earlier versions of a row in admin: who changed what, and back to any of them."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = SimpleHistoryAdmin


class Versioned(Base):
    """An earlier version is put back by saving its form: by the rules of any other change."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Of what is no number the base makes a fault."""
        if not object_id.isdecimal():
            raise Http404
        answer: HttpResponse = super().history_view(request, object_id, extra_context)
        return answer

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The base would let those restore who may only look."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        # The theme's own link to the history would lead to that of the version.
        context = {"show_history": False} | (extra_context or {})
        answer: HttpResponse = super().history_form_view(request, object_id, version_id, context)  # type: ignore[misc]
        return answer

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        match = request.resolver_match
        if match and (match.url_name or "").endswith("_simple_history"):
            return f"Restored version {match.args[1]}."
        return super().construct_change_message(request, form, formsets, add)
