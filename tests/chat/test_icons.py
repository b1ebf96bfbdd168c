"""Icons of messages and replies."""

import re

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_every_icon_that_a_page_names_is_drawn_in_it_once(alice: User, client: Client) -> None:
    client.force_login(alice)
    page = client.get("/chat/").content.decode()
    named = set(re.findall(r'<use href="#([^"]+)"', page))
    drawn = re.findall(r'<symbol [^>]*id="([^"]+)"', page)

    assert named
    assert named <= set(drawn)
    assert len(drawn) == len(set(drawn))


def test_an_icon_that_is_not_in_the_sheet_is_refused() -> None:
    template = Template('{% load icons %}{% icon "anchor" size=14 %}')

    with pytest.raises(TemplateSyntaxError, match="anchor"):
        template.render(Context())
