"""Replies that never come, stop, or are refused."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

from tests.playing.ledger import Call
from tests.playing.registry import behaviour, numbered_steps
from tests.playing.scripts import Ending, Mute, Page, Refusal, Reply, Script

PORTAL = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


def _seconds_from_now(seconds: str) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=float(seconds)), usegmt=True)


def _header_value(value: str) -> str:
    """`day`, `nonsense`, `date` (2 s ahead), `date+30`, `date-5`; anything else as it is."""
    if value.startswith("date"):
        return _seconds_from_now(value.removeprefix("date") or "2")
    return {"day": "86400", "nonsense": "soon, very soon"}.get(value, value)


@behaviour(
    "status:CODE[:HEADER=VALUE]…",
    "status:429:retry-after=2",
    "refuses with the API's own error body; VALUE may be day, nonsense, date, date+30, date-5",
)
def status(parameters: str, call: Call) -> Script:
    code, *fields = parameters.split(":")
    pairs = (field.partition("=") for field in fields)
    headers = tuple((name, _header_value(value)) for name, _, value in pairs)
    known = int(code) in HTTPStatus.__members__.values()
    message = HTTPStatus(int(code)).phrase if known else "Overloaded"
    return Refusal(int(code), message, headers)


@behaviour("html[:CODE]", "html", "an HTML page with status 200, or CODE, in place of a reply")
def html(parameters: str, call: Call) -> Script:
    return Page(int(parameters or 200), "text/html; charset=utf-8", PORTAL)


@behaviour("hang", "hang", "takes the request and never answers, not even with headers")
def hang(parameters: str, call: Call) -> Script:
    return Mute()


@behaviour("headers-only", "headers-only", "sends the headers, then nothing")
def headers_only(parameters: str, call: Call) -> Script:
    return Reply((), Ending.SILENT, has_opening=False)


@behaviour("silent[:TOKENS]", "silent:5", "5 tokens, then silence with the connection open")
def silent(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call), Ending.SILENT)


@behaviour("pings[:TOKENS]", "pings:5", "5 tokens, then a sign of life every 0.1 s but no text")
def pings(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call), Ending.SILENT, pings_every=0.1)


@behaviour("cut[:TOKENS]", "cut:5", "closes the connection after 5 tokens")
def cut(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call), Ending.CUT)


@behaviour("reset[:TOKENS]", "reset:5", "resets the connection after 5 tokens")
def reset(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call), Ending.RESET)


@behaviour("no-terminal[:TOKENS]", "no-terminal:5", "ends cleanly after 5 tokens, no terminal event")
def no_terminal(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call), Ending.UNFINISHED)
