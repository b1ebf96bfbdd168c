"""Base URLs: what staff may enter, what is refused, and what is this machine."""

import httpx2
import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.addresses import check_form, is_loopback


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:11434/v1", "http://localhost:8080", "https://openrouter.ai/api/v1/"),
        *("http://[::1]:8000/v1", "http://my_box.lan/v1", "http://llama:8080/v1", "HTTP://EXAMPLE.ORG"),
        *("https://xn--mnchen-3ya.example/v1", "http://10.0.0.7/v1", "https://example.org./v1"),
    ],
)
def test_an_address_of_a_server_is_taken(url) -> None:
    check_form(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("127.0.0.1:8080/v1", "begin with http"),
        ("ftp://example.org", "begin with http"),
        ("file:///etc/passwd", "begin with http"),
        ("javascript:alert(1)", "begin with http"),
        ("http://", "no usable host"),
        ("http:///v1", "no usable host"),
        ("http://:8080", "no usable host"),
        ("http://999.1.1.1/v1", "no usable host"),
        ("http://127.1/v1", "no usable host"),
        ("http://2130706433/v1", "no usable host"),
        ("http://017700000001/v1", "no usable host"),
        ("http://127.0.0.01/v1", "no usable host"),
        ("http://0x7f000001/v1", "no usable host"),
        ("http://0x7f.0x0.0x0.0X1/v1", "no usable host"),
        ("http://[fe80::1%25eth0]/v1", "no usable host"),
        ("http://[::1]v1", "no usable host"),
        ("http://-box/v1", "no usable host"),
        ("http://a..b/v1", "no usable host"),
        ("http://xn--/v1", "no usable host"),
        ("http://xn--a:80/v1", "no usable host"),
        ("http://example.org:0/v1", "no usable host"),
        (f"http://{'a' * 64}.org", "no usable host"),
        ("http://example.org:99999", "no URL"),
        ("http://[::1", "no URL"),
        ("http://example.org:port", "no URL"),
        ("http://exa mple.org", "no spaces"),
        ("http://example.org\n", "no spaces"),
        ("http://\u200bexample.org", "no spaces"),
        ("http://example.org\\@evil.example", "no spaces"),
        ("http://key:secret@example.org", "its own field"),
        ("http://@example.org", "its own field"),
        ("http://example.org/v1?key=1", "end with its path"),
        ("http://example.org/v1#part", "end with its path"),
    ],
)
def test_anything_else_is_refused_with_a_reason(url, reason) -> None:
    with pytest.raises(ValidationError, match=reason):
        check_form(url)


HOSTS = st.text(st.sampled_from("a9-._:[]%@ xné\x00"), max_size=8) | st.sampled_from(
    ["[::1]", "xn--", "1.2.3"]
)
TAILS = st.text(st.sampled_from("/:v1%é "), max_size=4)


@given(host=HOSTS, tail=TAILS)
@example(host="xn--a", tail=":80/v1")
@settings(max_examples=300)
def test_no_address_that_was_taken_surprises_the_sdk_s_client(host, tail) -> None:
    url = f"http://{host}{tail}"
    try:
        check_form(url)
    except ValidationError:
        return

    assert httpx2.URL(url).host
    assert is_loopback(url) in {True, False}


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://LOCALHOST", "http://127.8.9.1/v1", "http://[::1]:1"]
)
def test_this_machine_is_known_by_its_names(url) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://localhost.example.org", "http://127.0.0.1.example.org", "http://10.0.0.1", "http://0.0.0.0"],
)
def test_other_machines_are_not_taken_for_this_one(url) -> None:
    assert not is_loopback(url)
