"""One id that follows a request through everything it causes."""

import asyncio
import re
import threading

import pytest
from django.test import AsyncClient, Client

from core.errors import error_body
from core.request_id import current_request_id, start_request


def test_a_request_gets_an_id_of_its_own() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", start_request())
    assert start_request() != start_request()


def test_an_id_stays_the_same_until_the_next_request_begins() -> None:
    started = start_request()

    assert current_request_id() == current_request_id() == started


def test_an_id_the_caller_offers_is_kept() -> None:
    assert start_request("from-the-proxy.1_2") == current_request_id() == "from-the-proxy.1_2"


@pytest.mark.parametrize(
    "offered", ["short", "x" * 65, "a b c d e f", "line\nbreak-1", "ünïcödé-id", "a/b/c/d/e", "' OR 1=1 --"]
)
def test_an_id_that_could_do_harm_in_a_log_is_not_kept(offered: str) -> None:
    assert start_request(offered) != offered


def test_errors_carry_the_id() -> None:
    started = start_request()

    assert error_body("any", "Any.")["request_id"] == started


def test_each_answer_carries_an_id(client: Client) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/api/live").headers["X-Request-ID"])


def test_an_answer_carries_the_id_the_caller_offered(client: Client) -> None:
    answer = client.get("/api/nowhere", headers={"X-Request-ID": "from-the-proxy-1"})

    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "from-the-proxy-1"


async def test_asynchronous_requests_have_their_own_ids_too() -> None:
    answers = await asyncio.gather(*(AsyncClient().get("/api/live") for _ in range(5)))

    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 5


def test_threads_do_not_share_an_id() -> None:
    start_request("mine-mine-mine")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(current_request_id()))
    thread.start()
    thread.join()

    assert seen != ["mine-mine-mine"]
