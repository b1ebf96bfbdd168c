"""What goes wrong in an API's operation, answered in that API's one form."""

import logging
from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from core.errors import ValisError

logger = logging.getLogger(__name__)

Form = Callable[[int, str, str, dict[str, Any]], dict[str, Any]]
"""From status, code, message and details to the body of the answer."""

_NO_JSON = "The body is not JSON, or it is broken, or nested too deep."


class Answer(NamedTuple):
    status: int
    code: str
    message: str
    details: dict[str, Any] = {}


def answer_errors(api: NinjaAPI, form: Form) -> None:
    """Have the API answer every exception in this form."""

    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        told = _answer_to(error)
        return api.create_response(request, form(*told), status=told.status)

    for kind in _answer_to.registry:
        api.add_exception_handler(Exception if kind is object else kind, answer)


@singledispatch
def _answer_to(error: Exception) -> Answer:
    logger.error("a request failed", exc_info=error)
    return Answer(500, "internal_error", "Something went wrong inside VALIS; the log names this request_id.")


@_answer_to.register
def _(error: ValisError) -> Answer:
    return Answer(error.status, error.code, error.message, error.details)


@_answer_to.register
def _(error: ValidationError) -> Answer:
    problems = [problem for each in error.errors for problem in _problems_in(each)]
    return Answer(400, "invalid_input", "The request is not valid.", {"problems": problems})


def _problems_in(told: dict[str, Any]) -> list[dict[str, str]]:
    """Of fields there is a place and a message; of a cursor, its name with what is wrong."""
    if "loc" in told:
        return [{"field": ".".join(str(part) for part in told["loc"]), "problem": told["msg"]}]
    return [{"field": name, "problem": str(problem)} for name, problem in told.items()]


@_answer_to.register
def _(error: AuthenticationError) -> Answer:
    return Answer(401, "not_signed_in", "Log in first.")


@_answer_to.register
def _(error: HttpError) -> Answer:
    if error.status_code == 403:
        return Answer(403, "csrf_failed", "Send the CSRF token of your login in X-CSRFToken.")
    if error.status_code == 400:
        return Answer(400, "invalid_input", _NO_JSON)
    return Answer(error.status_code, "refused", str(error))


@_answer_to.register
def _(error: RawPostDataException) -> Answer:
    """Of a form with files Django keeps no body."""
    return Answer(400, "invalid_input", _NO_JSON)


@_answer_to.register
def _(error: RequestDataTooBig) -> Answer:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return Answer(413, "too_large", f"A request has {limit:,} bytes at most.", {"limit": limit})


@_answer_to.register
def _(error: OperationalError | InterfaceError) -> Answer:
    logger.error("the database did not answer", exc_info=error)
    return Answer(503, "unavailable", "The database does not answer. Try again in a moment.")


@_answer_to.register
def _(error: Http404) -> Answer:
    return Answer(404, "not_found", "There is nothing here.")
