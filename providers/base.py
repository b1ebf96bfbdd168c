"""The seam between VALIS and a model: one class per kind of provider, found by name."""

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from typing import ClassVar, TypeVar

from providers.calls import CallRequest, StreamEvent

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """How one provider is reached. Hashable: an equal configuration may share one client."""

    name: str
    kind: str
    model: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    connect_timeout: float = 5.0
    uses_environment: bool = False
    """Whether its key is the environment's: what else the environment holds is meant for it, too."""


class BaseProvider(ABC):
    """A way to reach models.

    An instance lives on one event loop and is shared by all calls with the same configuration.
    """

    kind: ClassVar[str] = ""
    label: ClassVar[str] = ""
    key_variable: ClassVar[str] = ""
    """Environment variable a shipped row takes its key from."""
    address_variable: ClassVar[str] = ""
    """Environment variable a shipped row takes its base URL from."""
    default_model: ClassVar[str] = ""
    warning: ClassVar[str] = ""
    """What staff should know before they switch it on."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    @classmethod
    def missing(cls, config: ProviderConfig) -> str:
        """What is missing before a call could be made ("no API key"), or an empty string."""
        return ""

    def open(self) -> None:
        """Preparations that block (imports, certificates): run once in a thread, before anything else."""

    @property
    def may_be_absent(self) -> bool:
        """Whether it is worth asking `is_available` before a call."""
        return type(self).is_available is not BaseProvider.is_available

    async def is_available(self) -> bool:
        """False when a call would certainly find nobody, found out in milliseconds."""
        return True

    @abstractmethod
    def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        """Text deltas, then exactly one `Finished`. Raises `ProviderError`; closing it ends the call."""

    async def close(self) -> None:
        """Give back what the instance holds open."""


_registry: dict[str, type[BaseProvider]] = {}
ProviderClass = TypeVar("ProviderClass", bound=type[BaseProvider])


def register_provider(kind: str) -> Callable[[ProviderClass], ProviderClass]:
    """Class decorator: make a provider known under `kind`."""

    def register(provider_class: ProviderClass) -> ProviderClass:
        known = _registry.get(kind)
        if known is not None and _written_as(known) != _written_as(provider_class):
            raise ValueError(f"two providers call themselves {kind!r}: {known} and {provider_class}")
        provider_class.kind = kind
        _registry[kind] = provider_class
        return provider_class

    return register


def _written_as(provider_class: type[BaseProvider]) -> tuple[str, str]:
    """Where its code is: the same for a module that is loaded a second time."""
    return provider_class.__module__, provider_class.__qualname__


@lru_cache(maxsize=1)
def _load_installed() -> None:
    """Import the shipped vendors and every installed `valis.providers` entry point."""
    import providers.vendors  # noqa: F401, PLC0415  (it registers on import, and needs this module)

    for entry in entry_points(group="valis.providers"):
        try:
            entry.load()
        except Exception:
            # The package of a stranger: its kinds are unknown then, and everything else works.
            logger.exception("the provider package %s cannot be loaded", entry.value)


def provider_classes() -> dict[str, type[BaseProvider]]:
    """Every known kind with its class."""
    _load_installed()
    return dict(_registry)
