"""What people and programs see when a request cannot be answered."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware

from chat.completions.forms import error_form
from core.errors import error_body
from core.rates import Allowance


def _api_form(request: HttpRequest, status: int, code: str, message: str) -> dict[str, Any] | None:
    """The error in the form of the API that was asked; None where it was a page."""
    if request.path.startswith("/api/"):
        return error_body(code, message)
    return error_form(status, code, message) if request.path.startswith("/v1/") else None


def _answer(request: HttpRequest, status: int, code: str, message: str, template: str) -> HttpResponse:
    if form := _api_form(request, status, code, message):
        return JsonResponse(form, status=status)
    return render(request, template, {"message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "invalid_input", "The request is not valid.", "400.html")


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "not_allowed", "You may not do this.", "403.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing here.", "404.html")


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "internal_error", "Something went wrong inside VALIS.", "500.html")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "csrf_failed", "The form is too old. Load the page again.", "403_csrf.html")


def too_many_requests(request: HttpRequest, allowance: Allowance) -> HttpResponse:
    return _answer(request, 429, "too_many_requests", allowance.advice, "429.html")


@sync_and_async_middleware
def api_method_form(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: a wrong method on the API is answered in the form of every other error."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _method_form(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _method_form(request, get_response(request))

    return answer


def _method_form(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code != 405:
        return response
    allowed = response.headers.get("Allow", "")
    message = f"{request.method} does not work here; these do: {allowed}."
    form = _api_form(request, 405, "method_not_allowed", message)
    return JsonResponse(form, status=405, headers={"Allow": allowed}) if form else response


def api_not_found(request: HttpRequest) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is no such endpoint.", "404.html")
