"""What the server answers besides calls: the list of models, its ledger, its own state."""

import time
from collections.abc import Callable
from typing import Any

from tests.playing.ledger import max_overlap
from tests.playing.registry import behaviours
from tests.playing.speaking import to_json
from tests.playing.stage import SPEAKERS, Stage, json_object
from tests.playing.wire import Request, RequestError, whole

FILTERS = frozenset({"model", "api_key", "containing", "outcome"})


def _models(stage: Stage, request: Request) -> dict[str, Any]:
    names = [*stage.models, *(behaviour.example for behaviour in behaviours())]
    if "anthropic-version" not in request.headers:
        common = {"object": "model", "created": 1_700_000_000, "owned_by": "playing"}
        return {"object": "list", "data": [{"id": name, **common} for name in names]}
    data = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "2023-11-14T22:13:20Z",
            "lifecycle": "active",
        }
        for name in names
    ]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def _calls(stage: Stage, request: Request) -> dict[str, Any]:
    if not FILTERS.issuperset(request.query):
        raise RequestError(400, f"calls can be asked for by {', '.join(sorted(FILTERS))}")
    calls = stage.ledger.where(**request.query)
    listed = [call.as_json() for call in calls]
    return {"calls": listed, "count": len(calls), "max_overlap": max_overlap(calls)}


def _forget_calls(stage: Stage, request: Request) -> dict[str, Any]:
    stage.ledger.clear()
    return {}


def _stats(stage: Stage, request: Request) -> dict[str, Any]:
    return {
        "open_streams": sum(visitor.is_in_call for visitor in stage.connections),
        "connections": len(stage.connections),
        "calls": stage.ledger.total,
        "cpu_seconds": time.process_time(),
    }


def _cast(stage: Stage, request: Request) -> dict[str, Any]:
    stage.models.update({str(k): str(v) for k, v in json_object(request.body).items()})
    return dict(stage.models)


Answer = Callable[[Stage, Request], dict[str, Any]]
ANSWERS: dict[tuple[str, str], Answer] = {
    ("GET", "/v1/models"): _models,
    ("GET", "/_calls"): _calls,
    ("DELETE", "/_calls"): _forget_calls,
    ("GET", "/_stats"): _stats,
    ("PUT", "/_models"): _cast,
}


def answer_directly(stage: Stage, request: Request) -> bytes | None:
    """The whole answer to what is not a call, or None for a call."""
    route = request.method, request.path
    if route in SPEAKERS:
        return None
    answer = ANSWERS.get(route)
    if answer is None:
        message = f"nothing is at {request.method} {request.path}"
        return whole(404, to_json({"error": {"message": message, "type": "not_found_error"}}))
    return whole(200, to_json(answer(stage, request)))
