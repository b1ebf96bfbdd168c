import pytest
from django.test import Client

URL = "/personas/robin/avatar"


@pytest.fixture
def pictured(robin):
    robin.set_picture(b"webp bytes")
    robin.save()
    return robin


def test_a_signed_in_person_gets_the_picture(alice, pictured):
    answer = alice.get(URL)
    assert answer.status_code == 200
    assert answer.content == b"webp bytes"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_stranger_is_sent_to_sign_in(pictured):
    answer = Client().get(URL)
    assert answer.status_code == 302
    assert b"webp" not in answer.content


def test_an_unchanged_picture_is_not_sent_again(alice, pictured):
    first = alice.get(URL)
    for header in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        again = alice.get(URL, headers=header)
        assert again.status_code == 304
        assert again.content == b""


def test_the_address_with_the_digest_may_be_kept_for_good(alice, pictured):
    assert "immutable" in alice.get(pictured.avatar_url)["Cache-Control"]
    assert "immutable" not in alice.get(f"{URL}?v=old")["Cache-Control"]


def test_a_persona_that_is_not_active_any_more_keeps_its_face_in_old_chats(alice, pictured):
    pictured.is_active = False
    pictured.save()
    assert alice.get(URL).status_code == 200


def test_without_a_picture_or_persona_there_is_nothing(alice, robin):
    assert alice.get(URL).status_code == 404
    assert alice.get("/personas/nobody/avatar").status_code == 404


def test_the_picture_can_only_be_read(alice, pictured):
    assert alice.post(URL).status_code == 405
