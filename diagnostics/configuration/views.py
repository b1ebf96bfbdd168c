"""The configuration as a page: what is in force, who differs, the file, the snapshots."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import user_of
from accounts.rights import Right
from core.errors import NotFound, ValisError
from diagnostics.configuration.changing import Plan, apply
from diagnostics.configuration.comparing import FILE, cascade, compare
from diagnostics.configuration.file import as_text
from diagnostics.configuration.form import digest_of
from diagnostics.configuration.moving import export_to_file, plan_of_file, plan_of_snapshot
from diagnostics.configuration.snapshots import find_snapshot, snapshots_before
from diagnostics.doors import for_those_who_may
from diagnostics.models import Snapshot

_AT_ONCE = 20


@require_safe
@for_those_who_may(Right.READ_CONFIGURATION)
def page(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = snapshots_before(int(before) if before.isdecimal() and len(before) < 19 else None, limit=_AT_ONCE)
    context = {
        "compared": compare(),
        "cascade": cascade(),
        "snapshots": rows,
        "next_before": rows[-1].pk if len(rows) == _AT_ONCE else None,
        "version": settings.VALIS_VERSION,
    }
    return render(request, "diagnostics/config.html", context)


@require_POST
@for_those_who_may(Right.CHANGE_ENGINE)
def export(request: HttpRequest) -> HttpResponse:
    try:
        messages.success(request, f"Written to {export_to_file(by=user_of(request))}, without any key.")
    except ValisError as error:
        messages.error(request, error.message)
    return _to_page()


@require_http_methods(["GET", "HEAD", "POST"])
@for_those_who_may(Right.CHANGE_ENGINE)
def load(request: HttpRequest) -> HttpResponse:
    """What loading the file would change; and loading it."""
    try:
        planned = plan_of_file()
    except ValisError as error:
        planned = Plan(problems=[error.message])
    return _shown_or_done(request, planned, how=FILE, title="Load the file", act="Load it")


@require_http_methods(["GET", "HEAD", "POST"])
@for_those_who_may(Right.CHANGE_ENGINE)
def restore(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """What going back would change; and going back."""
    planned = plan_of_snapshot(_found(snapshot_id))
    title = f"Go back to snapshot #{snapshot_id}"
    return _shown_or_done(request, planned, how=f"restored #{snapshot_id}", title=title, act="Go back to it")


@require_safe
@for_those_who_may(Right.READ_CONFIGURATION)
def download(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    name = f"valis-config-{snapshot_id}.json"
    return HttpResponse(
        as_text(_found(snapshot_id).data),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(snapshot_id: int) -> Snapshot:
    try:
        return find_snapshot(snapshot_id)
    except NotFound:
        raise Http404 from None


def _shown_or_done(request: HttpRequest, planned: Plan, *, how: str, title: str, act: str) -> HttpResponse:
    """Only what somebody has seen is done: when it is something else by now, they see it anew."""
    seen = digest_of(planned.changes)
    is_agreed = request.method == "POST" and request.POST.get("seen") == seen
    if is_agreed and not planned.problems:
        apply(planned, by=user_of(request), how=how)
        count = len(planned.changes)
        messages.success(
            request, f"Changed {count} value{'' if count == 1 else 's'}. In force for the next reply."
        )
        return _to_page()
    is_stale = request.method == "POST" and not is_agreed
    context = {"planned": planned, "title": title, "act": act, "seen": seen, "is_stale": is_stale}
    return render(request, "diagnostics/config_change.html", context, status=409 if is_stale else 200)


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(reverse("diagnostics:config"))
