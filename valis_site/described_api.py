"""An API that describes itself well enough for people to try it and for programs to be generated from it."""

import re
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from valis_site.rate_limits import UNCOUNTED

_ALWAYS = {
    429: "Too many requests in this minute; `Retry-After` says when to come back",
    503: "VALIS cannot do it now; repeating it is safe",
}
_NOT_VALID = {400: "The request is not valid; `details.problems` names the fields"}
_PARAMETERS: dict[str, tuple[str, Any]] = {
    "session_id": ("a session", "0f8b1c6e-6a53-4d55-9f0e-2f4a3c1d7b90"),
    "message_id": ("a message, as `id` in a message says", 6),
    "turn_id": ("a turn, as `id` in a turn says", 7),
    "slug": ("a persona, as `id` in a persona says", "jane"),
    "limit": ("how many at most", 50),
    "page_size": ("how many on a page, 100 at most", 50),
    "memory_id": ("a memory, as `id` in a memory says", 7),
    "circuit_id": ("a circuit, as `id` in a circuit says", 7),
    "drill_id": ("a drill, as `id` in a drill says", 7),
    "run_id": ("a fidelity run, as `id` in a run says", 7),
    "snapshot_id": ("a snapshot, as `id` in a snapshot says", 7),
    "before": ("`next_before` of the page before", None),
    "cursor": ("from the addresses `next` and `previous` of another page", None),
    "after": ("the id of an event: what came after it", 7),
    "since": ("nothing that is older", "2026-11-20T00:00:00Z"),
    "form": ("a table, or an object a line", "csv"),
}
"""What they mean and an example, wherever they are."""


class DescribedAPI(NinjaAPI):
    """Its operations are called by method and path, and say what every one of them may answer."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        form = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}
        for path, operations in schema["paths"].items():
            for method, each in operations.items():
                # What clients are generated from: it stays when a function is called otherwise.
                each["operationId"] = "_".join([method, *re.findall(r"\w+", path.removeprefix("/api/"))])
                for parameter in each.get("parameters", ()):
                    _describe(parameter)
                always = {} if path in UNCOUNTED else _ALWAYS
                takes_something = "requestBody" in each or each.get("parameters")
                for status, meaning in (always | _NOT_VALID if takes_something else always).items():
                    each["responses"].setdefault(status, {"description": meaning, "content": form})
        return schema


def _describe(parameter: dict[str, Any]) -> None:
    meaning, example = _PARAMETERS.get(parameter["name"], ("", None))
    if meaning:
        parameter.setdefault("description", meaning)
    if example is not None:
        parameter.setdefault("example", example)
