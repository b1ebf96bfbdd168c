"""The API of personas."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from personas.models import Persona
from personas.opening import other_greetings
from personas.prompting import prompt_preview
from personas.schemas import PersonaOut, PromptOut
from personas.selectors import found_personas, get_active_persona

router = Router(tags=["personas"])


def _form(persona: Persona, others: list[str]) -> PersonaOut:
    return PersonaOut(
        id=persona.slug,
        name=persona.name,
        role=persona.role,
        initials=persona.initials,
        colour=persona.colour,
        picture_url=persona.avatar_url,
        description=persona.description,
        greeting=persona.greeting,
        other_greetings=others,
        topics=persona.topics,
        tags=persona.tags,
    )


@router.get("/personas", response={200: list[PersonaOut], 401: ErrorOut}, summary="Personas to talk with")
def list_personas(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=80, description="words in name, role or description")] = "",
    tag: Annotated[str, Query(max_length=80, description="a tag, whatever its case")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="how many to leave out before it")] = 0,
) -> list[PersonaOut]:
    """In the order in which pages show them. `id` goes into `persona_id`."""
    user_of(request, Right.READ)
    if "\0" in q + tag:
        return []
    found = list(found_personas(q, tag)[offset : offset + limit])
    others = other_greetings(found)
    return [_form(persona, others.get(persona.pk, [])) for persona in found]


@router.get(
    "/personas/{slug}/prompt",
    response={200: PromptOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut},
    summary="A persona's system prompt",
)
def preview_prompt(
    request: HttpRequest,
    slug: str,
    message: Annotated[
        str,
        Query(
            max_length=1000,
            description="what somebody would write: shows the entries of a lorebook that it calls up",
            example="Who built the lamp?",
        ),
    ] = "",
) -> PromptOut:
    """As the next reply would send it, with an estimate of its tokens."""
    user_of(request, Right.READ_PROMPTS)
    prompt, tokens = prompt_preview(get_active_persona(slug), message=message)
    return PromptOut(persona=slug, prompt=prompt, estimated_tokens=tokens)
