"""The dry run: what would happen now, without a call."""

import pytest

from personas.models import Persona
from providers.circuits import transitions
from providers.circuits.transitions import Key
from providers.errors import ServerFailed
from usage.dry_run import dry_run
from usage.models import Call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def told(persona: Persona) -> list[tuple[str, str]]:
    return [(each.candidate.config.name, each.reason) for each in dry_run(persona)]


@pytest.fixture
def persona(jane: Persona) -> Persona:
    jane.cascade = []
    jane.save()
    return jane


def test_it_names_each_provider_in_order_with_run_or_the_reason_to_skip(
    persona, provider, playing, quick_engine, free_port_of_nobody
) -> None:
    provider("say:one", name="broken", priority=1)
    provider("", name="keyless", kind="anthropic", base_url="", api_key="", priority=2)
    provider("say:two", name="away", base_url=f"http://127.0.0.1:{free_port_of_nobody}/v1", priority=3)
    provider("say:three", name="well", priority=4)
    transitions.count_failure(Key("broken", "say:one"), ServerFailed("500"), threshold=1)
    (broken, keyless, away, well, fallback) = told(persona)

    assert broken[1].startswith("its circuit is open for another ")
    assert keyless[1].startswith("no API key")
    assert away[1].startswith("nothing listens at ")
    assert [well, fallback] == [("well", ""), ("fallback", "")]
    assert len(playing.calls) == 0
    assert not Call.objects.exists()


def test_a_persona_that_has_used_its_day_up_would_have_the_fallback_voice(persona, provider) -> None:
    provider("say:hello")
    Persona.objects.update(daily_token_cap=0)
    persona.refresh_from_db()

    assert told(persona) == [
        ("main", "the persona's cap of 0 tokens a day is reached"),
        ("fallback", ""),
    ]


def test_it_tells_the_most_that_one_call_could_cost(persona, provider) -> None:
    provider("say:hello", name="priced", price_in=1.0, price_out=2.0, priority=1)
    provider("say:hello", name="unpriced", priority=2)
    priced, unpriced, fallback = dry_run(persona)

    assert priced.most.usd > 0
    assert unpriced.most.usd is None
    assert fallback.most.usd == 0


def test_the_api_and_the_page_tell_the_same(persona, provider, vic, as_user) -> None:
    provider("say:hello", is_enabled=False)
    provider("echo", name="other", kind="scripted", base_url="")
    persona.cascade = ["main", "other"]
    persona.save()
    client = as_user(vic)
    listed = client.get("/api/personas/jane/dry-run").json()
    page = client.get("/diagnostics/dry-run/?persona=jane").content.decode()
    fragment = client.get("/diagnostics/dry-run/?persona=jane", headers={"HX-Request": "true"})

    assert [(each["provider"], each["would_run"]) for each in listed] == [
        ("main", False), ("other", True), ("fallback", True),
    ]  # fmt: skip
    assert "Disabled by staff" in page
    assert fragment.content.decode().strip().startswith("<section")


def test_a_persona_that_does_not_exist_is_not_found(db, vic, as_user) -> None:
    assert as_user(vic).get("/api/personas/nobody/dry-run").status_code == 404


@pytest.fixture
def free_port_of_nobody() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
