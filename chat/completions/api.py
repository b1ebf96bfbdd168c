"""The door for programs that speak OpenAI's protocol (OP-6): each persona is a model."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from ninja import Router

from accounts.requests import user_of
from accounts.rights import Right
from chat.completions.calls import Call, begin, complete_form, persona_for
from chat.completions.following import Ended, Words
from chat.completions.forms import CompletionForm, model_form
from chat.completions.reading import Request, read_request
from chat.completions.streaming import ChunkStream
from core.threads import in_database_thread
from personas.selectors import active_personas

router = Router(tags=["openai"])

HELD_SECONDS = 5.0
"""How long the status of a streamed answer waits for the first words, which may be an error instead."""


@router.get("/models", summary="The personas, as models")
async def list_models(request: HttpRequest) -> dict[str, Any]:
    user_of(request, Right.READ)
    personas = await in_database_thread(lambda: list(active_personas()))
    return {"object": "list", "data": [model_form(each) for each in personas]}


@router.get("/models/{path:model}", summary="One persona, as a model")
async def get_model(request: HttpRequest, model: str) -> dict[str, Any]:
    user_of(request, Right.READ)
    return model_form(await in_database_thread(persona_for, model)) | {"id": model}


@router.post("/chat/completions", summary="A reply of a persona")
async def create_completion(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    wanted = read_request(request.body)
    call = await begin(user, wanted)
    if wanted.is_streamed:
        return await _streamed(call, wanted)
    try:
        ended = await call.ended()
    finally:
        call.leave()
    answer = CompletionForm(call.turn, wanted.model).whole(ended)
    return JsonResponse(answer, headers=_provider_header(ended["provider"]))


async def _streamed(call: Call, wanted: Request) -> HttpResponseBase:
    """Held back until somebody speaks: up to then an error is an answer of its own, as without streaming."""
    try:
        opening = await call.opening(seconds=HELD_SECONDS)
        if isinstance(opening[-1], Ended):
            complete_form(opening[-1])
    except BaseException:
        call.leave()
        raise
    provider = next((each.provider for each in opening if isinstance(each, Words)), None)
    form = CompletionForm(call.turn, wanted.model)
    chunks = ChunkStream(call, form, opening, has_usage=wanted.has_usage_chunk)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **_provider_header(provider)}
    return StreamingHttpResponse(chunks, content_type="text/event-stream; charset=utf-8", headers=headers)


def _provider_header(provider: dict[str, Any] | None) -> dict[str, str]:
    return {"X-VALIS-Provider": provider["name"]} if provider else {}
