import pytest

from core.errors import NotFound
from personas.models import Persona
from personas.selectors import active_personas, get_active_persona


def test_only_active_personas_can_be_chosen_in_their_order(db):
    Persona.objects.create(slug="late", name="A", position=20)
    Persona.objects.create(slug="early", name="B", position=10)
    Persona.objects.create(slug="gone", name="C", position=1, is_active=False)
    assert [persona.slug for persona in active_personas()] == ["early", "late"]


@pytest.mark.parametrize("slug", ["nobody", "robin"])
def test_a_persona_that_is_unknown_or_inactive_is_not_found(robin, slug):
    Persona.objects.update(is_active=False)
    with pytest.raises(NotFound) as error:
        get_active_persona(slug)
    assert error.value.code == "persona_not_found"
    assert error.value.details == {"persona": slug}


def test_a_change_is_seen_by_the_next_caller(robin):
    assert get_active_persona("robin").snapshot().tone == "dry and patient"
    Persona.objects.update(tone="warm")
    assert get_active_persona("robin").snapshot().tone == "warm"
