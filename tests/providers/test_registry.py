"""Kinds of providers: found by name, added by anybody, broken by nobody."""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from providers import base
from providers.base import BaseProvider, ProviderConfig, provider_classes, register_provider
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta, Usage
from providers.errors import ProviderSkipped, RateLimited
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from providers.models import Provider
from tests.providers.walking import limits, scripted, walk


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(base, "_registry", provider_classes())
    yield
    base._load_installed.cache_clear()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a package that names its module under `valis.providers`."""

    def install(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code)
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[valis.providers]\n{name} = {name}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        base._load_installed.cache_clear()

    yield install
    for module in [name for name in sys.modules if name.startswith("valis_test_")]:
        del sys.modules[module]


OF_OTHERS = """
from providers.base import BaseProvider, register_provider
from providers.calls import Finished, TextDelta

@register_provider("{kind}")
class Other(BaseProvider):
    label = "Of others"

    async def stream(self, request):
        yield TextDelta("from a package")
        yield Finished()
"""


def row_of(kind: str, **fields: object) -> Provider:
    return Provider(name="first", kind=kind, **fields)


def test_the_shipped_kinds_are_known() -> None:
    assert {"anthropic", "openai", "fallback", "scripted"} <= set(provider_classes())


def test_a_registered_class_answers_and_counts_like_a_shipped_one() -> None:
    @register_provider("parrot")
    class Parrot(BaseProvider):
        label = "Parrot"

        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            for word in request.messages[-1].text.split():
                yield TextDelta(f"{word} ")
            yield Finished(Usage(tokens_in=3, tokens_out=3))

    seen = walk(row_of("parrot"))

    assert Parrot.kind == "parrot"
    assert seen.text == "How are you? "
    assert (seen.steps[0].label, seen.answer.usage.tokens_out) == ("Parrot", 3)


def test_two_classes_cannot_have_one_kind() -> None:
    with pytest.raises(ValueError, match="two providers call themselves 'openai'"):

        @register_provider("openai")
        class Impostor(BaseProvider):
            """Takes somebody else's kind."""


def test_a_class_of_the_same_name_from_elsewhere_cannot_take_a_kind_either() -> None:
    twin = type("OpenAIProvider", (BaseProvider,), {"__module__": "elsewhere"})
    with pytest.raises(ValueError, match="two providers call themselves 'openai'"):
        register_provider("openai")(twin)


def test_a_module_that_is_loaded_again_may_register_again() -> None:
    known = provider_classes()["openai"]
    again = type(known.__name__, (BaseProvider,), {"__module__": known.__module__})

    assert register_provider("openai")(again) is again


def test_an_installed_package_is_found_by_its_entry_point(installed) -> None:
    installed("valis_test_others", OF_OTHERS.format(kind="others"))

    assert walk(row_of("others")).text == "from a package"


def test_a_package_that_cannot_be_loaded_is_reported_and_the_others_work(installed, caplog) -> None:
    installed("valis_test_broken", "import a_module_that_is_not_there")
    installed("valis_test_sound", OF_OTHERS.format(kind="sound"))
    with caplog.at_level(logging.ERROR):
        kinds = provider_classes()

    assert {"sound", "openai"} <= set(kinds)
    assert "valis_test_broken" in caplog.text


def test_a_provider_that_says_nobody_is_there_is_not_called() -> None:
    @register_provider("away")
    class Away(BaseProvider):
        async def is_available(self) -> bool:
            return False

        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            raise AssertionError("it was called")
            yield

    seen = walk(row_of("away"), scripted())

    assert seen.story == [("first", "skipped", 1), ("second", "answered", 1)]
    assert seen.steps[0].message == "nobody is there"


def test_a_provider_may_say_in_its_own_words_why_it_is_not_there() -> None:
    @register_provider("asleep")
    class Asleep(BaseProvider):
        async def is_available(self) -> bool:
            raise ProviderSkipped("it sleeps until noon")

        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            yield Finished()

    assert walk(row_of("asleep")).steps[0].message == "it sleeps until noon"


def test_a_check_that_never_ends_holds_nobody_up(monkeypatch) -> None:
    monkeypatch.setattr("providers.calling._PROBE_SECONDS", 0.1)

    @register_provider("unsure")
    class Unsure(BaseProvider):
        async def is_available(self) -> bool:
            await asyncio.sleep(3600)
            return True

        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            yield TextDelta("here after all")
            yield Finished()

    assert walk(row_of("unsure")).text == "here after all"


def test_an_error_of_a_provider_s_own_decides_about_another_round() -> None:
    calls: list[str] = []

    @register_provider("busy")
    class Busy(BaseProvider):
        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            calls.append(request.model)
            raise RateLimited("come back later", retry_after=0.01)
            yield

    walk(row_of("busy"), within=limits(retry_schedule=[0, 0]))

    assert len(calls) == 3


def test_a_stream_that_goes_on_after_its_end_is_left() -> None:
    @register_provider("endless")
    class Endless(BaseProvider):
        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            yield TextDelta("done")
            yield Finished()
            await asyncio.sleep(3600)

    seen = walk(row_of("endless", silence_timeout=0.1))

    assert (seen.provider, seen.text) == ("first", "done")


def test_the_tripwire_lets_no_call_leave_this_machine(kind, settings) -> None:
    settings.VALIS_LOOPBACK_ONLY = True
    seen = walk(row_of(kind, api_key="sk-any", base_url="https://example.org/v1"), scripted())

    assert seen.story == [("first", "skipped", 1), ("second", "answered", 1)]
    assert "VALIS_LOOPBACK_ONLY" in seen.steps[0].message


def test_what_is_missing_is_asked_of_the_class_before_anything_is_opened() -> None:
    @register_provider("needy")
    class Needy(BaseProvider):
        @classmethod
        def missing(cls, config: ProviderConfig) -> str:
            return "" if config.model else "no model chosen"

        def open(self) -> None:
            raise AssertionError("it was opened")

        async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
            yield Finished()

    assert candidate_of(row_of("needy"), EngineLimits()).skip_reason == "no model chosen"
    assert walk(row_of("needy")).provider == "fallback"
