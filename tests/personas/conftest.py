"""People and personas for these tests."""

from io import BytesIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from PIL import Image

from personas.models import Persona


def picture_bytes(size=(300, 200), form="PNG", colour="red", **options) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, colour).save(content, form, **options)
    return content.getvalue()


@pytest.fixture
def robin(db) -> Persona:
    """A persona somebody made here, not a shipped one."""
    persona = Persona(
        slug="robin",
        name="Robin Hale",
        role="Beekeeper",
        tone="dry and patient",
        common_phrases=["The bees know."],
        topics=["bees"],
        quirks=["hums"],
        traits={"patience": 90},
    )
    persona.full_clean()
    persona.save()
    return persona


@pytest.fixture
def alice(db) -> Client:
    """Signed in, no staff."""
    client = Client()
    client.force_login(get_user_model().objects.create_user("alice", password="irrelevant"))
    return client


@pytest.fixture
def staff(db) -> Client:
    """May edit personas in admin."""
    user = get_user_model().objects.create_user("staff", password="irrelevant", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="edit_personas"))
    client = Client()
    client.force_login(user)
    return client
