"""The gallery: everybody one can talk with."""

import pytest

from personas.cards.services import import_persona
from personas.models import Persona
from tests.personas.cards.examples import V2, as_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(db):
    Persona.objects.bulk_create(
        Persona(slug=f"p{n}", name=f"Person {n}", tags=["Even" if n % 2 else "Odd"], role="Tester")
        for n in range(1000)
    )


def names(answer):
    return [each.name for each in answer.context["page"]]


def test_a_thousand_personas_come_in_pages_with_few_statements(alice, many, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        page = alice.get("/personas/?page=2")
    assert len(names(page)) == 24
    assert "1000 personas" in page.content.decode()
    assert "Page 2 of 42" in page.content.decode()


@pytest.mark.both_databases
def test_search_and_tags_narrow_the_list(alice, many, robin):
    robin.tags = ["Bees & more", "ünder"]
    robin.save()
    assert names(alice.get("/personas/?q=robin+BEEKEEPER")) == ["Robin Hale"]
    assert names(alice.get("/personas/", {"tag": "bees & MORE"})) == ["Robin Hale"]
    assert names(alice.get("/personas/", {"tag": "Ünder"})) == ["Robin Hale"]
    assert alice.get("/personas/?tag=even").context["page"].paginator.count == 500
    assert names(alice.get("/personas/?q=robin&tag=odd")) == []


def test_a_search_with_scripts_gets_the_list_alone(alice, robin):
    page = alice.get("/personas/?q=robin", headers={"HX-Request": "true"}).content.decode()
    assert "Robin Hale" in page
    assert "<html" not in page


def test_a_persona_has_a_page_with_how_it_sounds(alice):
    wren = import_persona(as_json(V2), by=None).persona
    assert alice.get("/personas/wren/").status_code == 404
    Persona.objects.filter(pk=wren.pk).update(is_active=True)

    page = alice.get("/personas/wren/").content.decode()
    assert "Mind the steps, alice." in page
    assert "alice: Is it lonely?" in page
    assert "The fog is in." in page
    assert "Best with {{user}} as a sailor." in page
    assert "/chat/?persona=wren" in page
    assert "Write as" not in page  # its prompt is for staff


def test_the_chat_offers_the_first_ones_and_whoever_is_asked_for(alice, many):
    page = alice.get("/chat/?persona=p999")
    assert len(page.context["personas"]) == 21
    assert page.context["current_persona"]["name"] == "Person 999"
    assert alice.get("/chat/?persona=%00").status_code == 200


@pytest.mark.both_databases
def test_programs_page_through_them_too(alice, many):
    assert len(alice.get("/api/personas").json()) == 200
    assert [each["id"] for each in alice.get("/api/personas?limit=2&offset=1").json()] == ["p1", "p10"]
    assert len(alice.get("/api/personas?q=person+99&tag=odd").json()) == 5
    assert alice.get("/api/personas?limit=0").status_code == 400
