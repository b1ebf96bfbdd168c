"""Providers are called on the public internet and at listed local servers, and nowhere else."""

import socket
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer

from providers import egress
from providers.addresses import check_address
from providers.base import ProviderConfig, provider_classes
from providers.egress import AddressRefused, Egress
from providers.errors import ProviderSkipped
from tests.playing import PlayingServer
from tests.providers.blocking import close_instances
from tests.providers.walking import Walk, scripted, walk

REFUSED = "not on the public internet"
NameServer = Callable[..., None]


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    """No local server is listed, and nothing but the guard is in the way."""
    settings.VALIS_LOCAL_PROVIDERS = []
    settings.VALIS_LOOPBACK_ONLY = False


@pytest.fixture
def leads_to(monkeypatch) -> NameServer:
    """A name server of our own: `leads_to(name, first answer, second answer, …)`, the last for ever."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **options):
        if host not in answers:
            return real(host, port, *args, **options)
        left = answers[host]
        return [_info(address, port) for address in (left.pop(0) if len(left) > 1 else left[0])]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return lambda name, *lookups: answers.update({name: [each.split() for each in lookups]})


def _info(address: str, port: int) -> egress.AddressInfo:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def ask_at(row, playing: PlayingServer, name: str, kind: str = "openai") -> Walk:
    """Ask a provider whose base URL has this name, at the playing server's port."""
    url = f"http://{name}:{playing.port}" + ("/v1" if kind == "openai" else "")
    return walk(row("say:from inside", kind=kind, base_url=url), scripted())


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:11434/v1", "http://localhost/v1", "https://10.0.0.7", "http://192.168.1.20:1234"),
        *("http://169.254.169.254/latest", "http://100.64.3.4", "http://[::1]:80", "http://[fd00::5]"),
        *("http://[::ffff:10.0.0.1]/", "http://0.0.0.0:6379", "http://redis:6379", "http://db.internal"),
        *(
            "http://printer.local",
            "http://api.localhost.",
            "http://metadata.google.internal",
            "http://nas.lan",
        ),
    ],
)
def test_a_local_server_that_is_not_listed_is_refused_when_it_is_saved(url) -> None:
    with pytest.raises(ValidationError, match=REFUSED):
        check_address(url)


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "http://8.8.8.8", "https://[2606:4700::1111]/v1"]
)
def test_servers_on_the_internet_need_no_listing(url) -> None:
    check_address(url)


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("ollama:11434", "http://ollama:11434/v1"),
        ("host.docker.internal", "http://HOST.docker.internal:1234/v1"),
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1"),
        ("192.168.1.20:11434", "http://192.168.1.20:11434/v1"),
        ("[fd00::/8]:8080", "http://[fd00::5]:8080/v1"),
        ("[::1]", "http://[::1]:11434/v1"),
    ],
)
def test_a_listed_server_may_be_saved(settings, listed, url) -> None:
    settings.VALIS_LOCAL_PROVIDERS = ["elsewhere:1", listed]

    check_address(url)


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("ollama:11434", "http://ollama:6379"),
        ("ollama", "http://ollama.evil.internal"),
        ("10.0.0.0/8:8000", "http://10.1.2.3:22"),
        ("127.0.0.0/8", "http://localhost:80"),
        ("10.0.0.1", "http://10.0.0.2"),
    ],
)
def test_a_listing_lets_nothing_else_through(settings, listed, url) -> None:
    settings.VALIS_LOCAL_PROVIDERS = [listed]

    with pytest.raises(ValidationError, match=REFUSED):
        check_address(url)


def test_a_row_that_was_forced_to_a_local_address_is_skipped_and_the_story_says_why(
    playing, row, kind
) -> None:
    seen = ask_at(row, playing, "127.0.0.1", kind)

    assert seen.text == "hello"
    assert seen.steps[0].outcome == "skipped"
    assert seen.steps[0].message == (
        f"bad base URL: 127.0.0.1:{playing.port} is {REFUSED}, nor among the servers of VALIS_LOCAL_PROVIDERS"
    )
    assert len(playing.calls) == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1 127.0.0.1"])
def test_a_name_that_leads_to_a_local_address_is_refused_when_connecting(
    playing, row, kind, leads_to, address
) -> None:
    leads_to("model.example", address)
    seen = ask_at(row, playing, "model.example", kind)

    assert seen.text == "hello"
    assert (seen.steps[0].outcome, len(playing.calls)) == ("skipped", 0)
    assert seen.steps[0].message.startswith(f"model.example:{playing.port} is {REFUSED}")


def test_a_name_that_the_operator_listed_may_lead_to_a_local_address(
    playing, row, leads_to, settings
) -> None:
    settings.VALIS_LOCAL_PROVIDERS = [f"ollama:{playing.port}"]
    leads_to("ollama", "127.0.0.1")

    assert ask_at(row, playing, "ollama").text == "from inside"


def test_a_name_whose_address_changes_between_two_lookups_gains_nothing(
    playing, row, leads_to, monkeypatch
) -> None:
    monkeypatch.setattr(egress, "is_public", lambda address: str(address) == "127.0.0.2")
    leads_to("model.example", "127.0.0.2", "127.0.0.1")
    with HTTPServer(host="127.0.0.2", port=playing.port) as outside:
        outside.expect_request("/v1/chat/completions").respond_with_data(
            'data: {"choices": [{"delta": {"content": "from outside"}}]}\n\ndata: [DONE]\n\n',
            content_type="text/event-stream",
        )
        first = ask_at(row, playing, "model.example")
        close_instances()
        second = ask_at(row, playing, "model.example")

    assert (first.text, second.text) == ("from outside", "hello")
    assert len(playing.calls) == 0


def test_of_several_addresses_only_a_public_one_is_connected_to(playing, row, leads_to, monkeypatch) -> None:
    connected: list[str] = []
    monkeypatch.setattr(egress, "is_public", lambda address: str(address) == "127.0.0.1")
    monkeypatch.setattr(
        Egress,
        "open_socket",
        lambda self, info, really=Egress.open_socket: (really(self, info), connected.append(info[4][0]))[0],
    )
    leads_to("model.example", "10.0.0.1 127.0.0.1")

    assert ask_at(row, playing, "model.example").text == "from inside"
    assert connected == ["127.0.0.1"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]:1", "http://169.254.169.254"])
def test_no_socket_is_opened_for_an_address_that_may_not_be_called(url) -> None:
    way = Egress(url)
    host = url.removeprefix("http://").removesuffix(":1").strip("[]")

    with pytest.raises(AddressRefused, match=REFUSED):
        way.open_socket(_info(host, 1))


async def test_the_knock_at_a_local_server_goes_the_same_way(playing, leads_to, kind) -> None:
    provider = provider_classes()[kind](ProviderConfig("first", kind, base_url=playing.url))
    provider.open()

    with pytest.raises(ProviderSkipped, match=REFUSED):
        await provider.is_available()
    await provider.close()


def test_on_this_machine_only_means_the_address_and_not_the_name(playing, row, leads_to, settings) -> None:
    settings.VALIS_LOOPBACK_ONLY = True
    settings.VALIS_LOCAL_PROVIDERS = ["localhost"]
    leads_to("localhost", "192.0.2.1")
    seen = ask_at(row, playing, "localhost")

    assert seen.text == "hello"
    assert "VALIS_LOOPBACK_ONLY" in seen.steps[0].message


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_s_proxy_is_not_used(playing, row, kind, settings, monkeypatch, variable) -> None:
    settings.VALIS_LOCAL_PROVIDERS = ["127.0.0.1"]
    monkeypatch.setenv(variable, "http://127.0.0.1:9")

    assert ask_at(row, playing, "127.0.0.1", kind).text == "from inside"


def test_the_operator_s_proxy_is_used_for_the_internet_and_looks_up_its_names(
    row, httpserver, settings
) -> None:
    settings.VALIS_PROVIDER_PROXY = httpserver.url_for("")
    httpserver.expect_request("/v1/chat/completions", headers={"Host": "model.example"}).respond_with_data(
        'data: {"choices": [{"delta": {"content": "by proxy"}}]}\n\ndata: [DONE]\n\n',
        content_type="text/event-stream",
    )

    assert walk(row("any", base_url="http://model.example/v1")).text == "by proxy"


def test_the_operator_s_proxy_is_not_used_for_local_servers(playing, row, settings) -> None:
    settings.VALIS_LOCAL_PROVIDERS = ["127.0.0.1"]
    settings.VALIS_PROVIDER_PROXY = "http://127.0.0.1:9"

    assert ask_at(row, playing, "127.0.0.1").text == "from inside"
