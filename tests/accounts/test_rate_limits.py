"""Nobody asks too often: by address, by person, by key, and for logins."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import AsyncClient, Client

from accounts.keys import make_key
from accounts.models import User
from chat import services
from core import rates
from core.threads import in_database_thread
from personas.models import Persona
from tests.chat.sockets import Socket, login_of
from tests.redis_server import RedisServer

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]


class Clock:
    """Stands still, twenty seconds after the minute, for the counting alone."""

    def __init__(self) -> None:
        self.seconds = 60 * 29_000_000 + 20

    def time(self) -> float:
        return float(self.seconds)

    def monotonic(self) -> float:
        return float(self.seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    monkeypatch.setattr(rates, "_ask_again_at", 0.0)
    cache.clear()
    yield clock
    cache.clear()


def codes(client: Client, path: str, times: int, **more: str) -> list[int]:
    return [client.get(path, **more).status_code for _ in range(times)]


class TestAddresses:
    def test_one_that_is_not_logged_in_is_refused_after_its_share(self, settings) -> None:
        settings.VALIS_RATE_ADDRESS = 3

        assert codes(Client(), "/api/sessions", 5) == [401, 401, 401, 429, 429]

    def test_another_one_has_a_share_of_its_own(self, settings) -> None:
        settings.VALIS_RATE_ADDRESS = 1

        assert codes(Client(), "/api/sessions", 2, REMOTE_ADDR="192.0.2.1") == [401, 429]
        assert codes(Client(), "/api/sessions", 1, REMOTE_ADDR="192.0.2.2") == [401]

    def test_the_addresses_of_one_customer_share_it(self, settings) -> None:
        settings.VALIS_RATE_ADDRESS = 1

        assert codes(Client(), "/api/sessions", 1, REMOTE_ADDR="2001:db8::1") == [401]
        assert codes(Client(), "/api/sessions", 1, REMOTE_ADDR="2001:db8::2") == [429]
        assert codes(Client(), "/api/sessions", 1, REMOTE_ADDR="2001:db8:0:1::1") == [401]

    def test_what_a_stranger_says_of_proxies_does_not_help(self, settings) -> None:
        settings.VALIS_RATE_ADDRESS = 1
        settings.VALIS_TRUSTED_PROXIES = ["192.0.2.9"]
        client = Client()

        assert codes(client, "/api/sessions", 1, HTTP_X_FORWARDED_FOR="198.51.100.1") == [401]
        assert codes(client, "/api/sessions", 1, HTTP_X_FORWARDED_FOR="198.51.100.2") == [429]
        assert codes(client, "/api/sessions", 1, HTTP_X_FORWARDED_FOR="198.51.100.2",
                     REMOTE_ADDR="192.0.2.9") == [401]  # fmt: skip

    @pytest.mark.parametrize("header", ["Bearer valis_made_up", "Bearer nonsense"])
    def test_made_up_keys_and_logins_are_counted_as_none(self, settings, header: str) -> None:
        settings.VALIS_RATE_ADDRESS = 2
        client = Client(headers={"Authorization": header})
        client.cookies["sessionid"] = "made-up"

        assert codes(client, "/api/sessions", 3) == [401, 401, 429]

    @pytest.mark.parametrize("path", ["/ready", "/api/ready", "/api/live"])
    def test_what_watches_over_valis_is_never_refused(self, settings, path: str) -> None:
        settings.VALIS_RATE_ADDRESS = 1

        assert codes(Client(), path, 3) == [200, 200, 200]


class TestPeopleAndKeys:
    def test_a_person_has_one_share_for_pages_and_api(self, settings, alice, bob, as_user: AsUser) -> None:
        settings.VALIS_RATE_PERSON = 2
        browser = as_user(alice)

        assert codes(browser, "/chat/", 1) + codes(browser, "/api/sessions", 2) == [200, 200, 429]
        assert codes(as_user(alice), "/api/sessions", 1) == [429]
        assert codes(as_user(bob), "/api/sessions", 1) == [200]

    def test_a_key_has_a_share_besides_its_owners(self, settings, alice: User, as_user: AsUser) -> None:
        settings.VALIS_RATE_KEY = settings.VALIS_RATE_PERSON = 1
        key = make_key(alice, name="one", scopes=["read"]).text
        program = Client(headers={"Authorization": f"Bearer {key}"})

        assert codes(program, "/api/sessions", 2) == [200, 429]
        assert codes(as_user(alice), "/api/sessions", 1) == [200]

    def test_a_key_may_have_a_limit_of_its_own(self, settings, alice: User) -> None:
        settings.VALIS_RATE_KEY = 1
        own = make_key(alice, name="own", scopes=["read"], requests_per_minute=2).text
        free = make_key(alice, name="free", scopes=["read"], requests_per_minute=0).text

        assert codes(Client(headers={"Authorization": f"Bearer {own}"}), "/api/sessions", 3)[1:] == [200, 429]
        assert codes(Client(headers={"Authorization": f"Bearer {free}"}), "/api/sessions", 3)[2] == 200

    def test_logins_are_limited_more_strictly(self, settings) -> None:
        settings.VALIS_RATE_LOGIN = 2
        client = Client()
        tries = [client.post("/accounts/login/", {"username": str(n), "password": "x"}) for n in range(3)]

        assert [each.status_code for each in tries] == [200, 200, 429]
        assert client.get("/accounts/login/").status_code == 200


class TestTheAnswer:
    def test_it_says_what_is_left_and_when_to_come_back(self, settings, alice, as_user: AsUser) -> None:
        settings.VALIS_RATE_PERSON = 2
        browser = as_user(alice)

        first = browser.get("/api/sessions").headers
        browser.get("/api/sessions")
        refused = browser.get("/api/sessions")

        assert [first[f"X-RateLimit-{each}"] for each in ("Limit", "Remaining", "Reset")] == ["2", "1", "40"]
        assert "Retry-After" not in first
        assert refused.headers["Retry-After"] == "40"
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert refused.json()["code"] == "too_many_requests"
        assert refused.headers["X-Request-ID"] == refused.json()["request_id"]

    def test_openais_clients_get_it_in_their_form(self, settings, alice: User) -> None:
        settings.VALIS_RATE_KEY = 1
        key = make_key(alice, name="one", scopes=["chat"]).text
        program = Client(headers={"Authorization": f"Bearer {key}"})
        program.get("/v1/models")

        assert program.get("/v1/models").json()["error"]["type"] == "rate_limit_error"

    def test_a_page_says_it_kindly(self, settings, alice: User, as_user: AsUser) -> None:
        settings.VALIS_RATE_PERSON = 1
        browser = as_user(alice)
        browser.get("/chat/")
        page = browser.get("/chat/")

        assert page.status_code == 429
        assert "Try again in 40 s" in page.content.decode()

    def test_the_next_minute_is_a_new_one(self, settings, clock: Clock) -> None:
        settings.VALIS_RATE_ADDRESS = 1
        assert codes(Client(), "/api/sessions", 2) == [401, 429]
        clock.seconds += 40

        assert codes(Client(), "/api/sessions", 1) == [401]


class TestCounting:
    @pytest.fixture
    def redis(self, settings, tmp_path: Path) -> Iterator[RedisServer]:
        with RedisServer(tmp_path) as server:
            backend = "django.core.cache.backends.redis.RedisCache"
            options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
            settings.CACHES = {
                "default": {"BACKEND": backend, "LOCATION": server.url, "OPTIONS": options},
            }
            yield server

    def test_many_at_once_are_each_counted_once_in_one_process(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: rates.count("x", limit=50), range(100)))

        assert sorted(each.used for each in found if each) == list(range(1, 101))

    def test_many_at_once_are_each_counted_once_in_redis(self, redis: RedisServer) -> None:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: rates.count("x", limit=50), range(100)))

        assert sorted(each.used for each in found if each) == list(range(1, 101))

    def test_nobody_is_refused_while_the_cache_is_away(
        self, redis: RedisServer, settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.VALIS_RATE_ADDRESS = 1
        redis.stop()

        assert codes(Client(), "/api/sessions", 3) == [401, 401, 401]
        assert caplog.text.count("requests are not counted") == 1

    def test_counting_goes_on_when_the_cache_is_back(
        self, redis: RedisServer, settings, clock: Clock
    ) -> None:
        settings.VALIS_RATE_ADDRESS = 1
        redis.stop()
        assert codes(Client(), "/api/sessions", 1) == [401]
        redis.start()
        clock.seconds += 6

        assert codes(Client(), "/api/sessions", 2) == [401, 429]


@pytest.mark.django_db(transaction=True)
def test_requests_over_the_event_loop_are_counted_too(settings, alice: User) -> None:
    settings.VALIS_RATE_PERSON = 2
    browser = AsyncClient()
    browser.force_login(alice)

    async def ask() -> list[int]:
        return [(await browser.get("/api/sessions")).status_code for _ in range(3)]

    assert async_to_sync(ask)() == [200, 200, 429]


@pytest.mark.django_db(transaction=True)
class TestSockets:
    async def test_one_too_many_is_closed_at_once(self, settings, alice: User, jane: Persona) -> None:
        settings.VALIS_RATE_PERSON = 1
        session = await in_database_thread(services.create_session, alice, persona_slug="jane")
        cookie = await in_database_thread(login_of, alice)

        async with Socket(session.pk, cookie=cookie) as first, Socket(session.pk, cookie=cookie) as second:
            assert await second.closing_code() == 4429
            await first.send(client_id="one")
            refused = await first.hears_until("error")

        assert refused["code"] == "too_many_requests"
        assert refused["details"]["client_id"] == "one"
