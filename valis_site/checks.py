"""System checks: what is wrong with the settings, said before anything starts."""

import os
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured

from core.secret_files import secret_of_environment
from providers.base import provider_classes
from providers.local_servers import local_servers


@register("valis")
def check_settings(**_: Any) -> list[CheckMessage]:
    return [
        *(*_field_keys(), *_key_files(), *_origins(), *_proxies(), *_folders(), *_tracker()),
        *_collected(),
        *_ways_to_providers(),
    ]


@register("valis", deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    if not settings.VALIS_HTTPS or settings.VALIS_TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "VALIS_HTTPS is on, and no web server in front is listed.",
            hint="Without its address in VALIS_TRUSTED_PROXIES, what it forwards counts as http and is "
            "redirected for ever.",
            id="valis.W001",
        )
    ]


def _field_keys() -> Iterator[CheckMessage]:
    for number, key in enumerate(settings.VALIS_FIELD_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"Key {number} of VALIS_FIELD_KEYS is not a Fernet key.",
                hint="Fernet.generate_key() of the package cryptography makes one.",
                id="valis.E001",
            )


def _key_files() -> Iterator[CheckMessage]:
    for variable in sorted({each.key_variable for each in provider_classes().values()}):
        try:
            secret_of_environment(variable)
        except ImproperlyConfigured as error:
            yield Error(str(error), id="valis.E005")


def _origins() -> Iterator[CheckMessage]:
    for origin in settings.VALIS_ORIGINS:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            yield Error(
                f"VALIS_ORIGINS has {origin!r}, which is not a full origin.",
                hint="Give scheme and host, and nothing after them: https://valis.example.org",
                id="valis.E002",
            )


def _folders() -> Iterator[CheckMessage]:
    for name, code in (("VALIS_DATA_DIR", "valis.E003"), ("VALIS_LOG_DIR", "valis.E010")):
        folder = getattr(settings, name)
        if folder and not _is_writable(Path(folder)):
            yield Error(
                f"{name} is {folder}, which cannot be written to.",
                hint="Choose another folder, or give this user the right to write there.",
                id=code,
            )


def _is_writable(folder: Path) -> bool:
    """Makes the folder where there is none."""
    with suppress(OSError):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    return os.access(folder, os.W_OK)


def _proxies() -> Iterator[CheckMessage]:
    for proxy in settings.VALIS_TRUSTED_PROXIES:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            yield Error(
                f"VALIS_TRUSTED_PROXIES has {proxy!r}, which is neither an address nor a network.",
                hint="Such as 127.0.0.1, or 172.16.0.0/12 for a container network.",
                id="valis.E004",
            )


def _collected() -> Iterator[CheckMessage]:
    if settings.STATIC_ROOT and not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield Error(
            f"VALIS_STATIC_ROOT is {settings.STATIC_ROOT}, where no static files have been collected.",
            hint="manage.py collectstatic does it; without the variable VALIS needs no collecting.",
            id="valis.E014",
        )


def _tracker() -> Iterator[CheckMessage]:
    if not settings.VALIS_SENTRY_DSN:
        return
    from sentry_sdk.utils import BadDsn, Dsn  # noqa: PLC0415  (only where it is wanted)

    try:
        Dsn(settings.VALIS_SENTRY_DSN)
    except BadDsn:
        yield Error(
            "VALIS_SENTRY_DSN is not the address of an error tracker.",
            hint="It looks like https://public@tracker.example.org/7",
            id="valis.E011",
        )


def _ways_to_providers() -> Iterator[CheckMessage]:
    try:
        local_servers(tuple(settings.VALIS_LOCAL_PROVIDERS))
    except ValueError as error:
        yield Error(
            f"VALIS_LOCAL_PROVIDERS: {error}.",
            hint="Give hosts or networks, with a port or without: ollama:11434,10.0.0.0/8,[fd00::/8]:8080",
            id="valis.E012",
        )
    proxy = settings.VALIS_PROVIDER_PROXY
    if proxy and not (urlsplit(proxy).scheme == "http" and urlsplit(proxy).hostname):
        yield Error(
            "VALIS_PROVIDER_PROXY is not the URL of a proxy.",
            hint="It begins with http:// and names a host: http://proxy.example.org:3128",
            id="valis.E013",
        )
