"""What a page that was left open shows when its login has ended meanwhile."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_part_of_a_page_leads_the_whole_page_to_the_login_and_back(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chat/search/?q=tea"}

    answer = client.get(reverse("chat:sessions"), headers=headers)

    assert answer.headers["HX-Redirect"] == f"{reverse('accounts:login')}?next=/chat/search/%3Fq%3Dtea"
    assert answer.content == b""


def test_a_page_that_is_asked_for_whole_is_redirected_as_ever(client: Client) -> None:
    answer = client.get(reverse("chat:home"))

    assert answer.status_code == 302
    assert "HX-Redirect" not in answer.headers
