"""Reading personas. Nothing is kept: a saved change is seen by the next caller."""

from collections import Counter

from django.db.models import Q, QuerySet

from core.composed import Rows, given
from core.errors import NotFound
from personas.models import Persona


def active_personas() -> QuerySet[Persona]:
    """Those a chat may choose, in the order they are listed."""
    return Persona.objects.filter(is_active=True)


def all_personas() -> QuerySet[Persona]:
    """Those that are not active too, for who looks after them."""
    return Persona.objects.all()


def found_personas(q: str = "", tag: str = "") -> QuerySet[Persona]:
    """Active ones with these words in what people see of them, and with this tag, whatever its case."""
    personas = active_personas()
    for word in q.split()[:8]:
        personas = personas.filter(
            Q(name__icontains=word) | Q(role__icontains=word) | Q(description__icontains=word)
        )
    if tag:
        having = [pk for pk, tags in _tags() if tag.lower() in {each.lower() for each in tags}]
        personas = personas.filter(pk__in=having)
    return personas


def tags_in_use(most: int = 24) -> list[str]:
    """The most frequent first."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for _, tags in _tags():
        for tag in tags:
            counts[spelled.setdefault(tag.lower(), tag).lower()] += 1
    return [spelled[each] for each, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:most]]


def _tags() -> list[tuple[int, list[str]]]:
    return list(active_personas().values_list("pk", "tags"))


_active_persona = Rows(lambda: active_personas().filter(slug=given("slug")))


def get_active_persona(slug: str) -> Persona:
    """Raises `NotFound(code="persona_not_found")` for one that is unknown or not active."""
    persona = _active_persona.one(slug=slug)
    if persona is None:
        raise NotFound(
            "There is no such persona, or it is not active.", code="persona_not_found", persona=slug
        )
    return persona
